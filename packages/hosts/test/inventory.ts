import test from 'ava';

import {readInventory, SimulatedHost} from '../src/index.ts';

let [begun, reading, most] = [0, 0, 0];

/** Counts how many of its kind are read at the same moment. */
class CountedHost extends SimulatedHost {
  override async read() {
    begun += 1;
    most = Math.max(most, (reading += 1));
    await new Promise(setImmediate);
    reading -= 1;
    return super.read();
  }
}

test.serial('a large estate is read bit by bit, and whole', async t => {
  const hosts = Array.from({length: 40}, (_, nr) => new CountedHost({name: `host${String(nr).padStart(2, '0')}`}));
  for (const host of hosts.slice(0, 5)) host.reachable = 'no';
  const inventory = await readInventory(hosts, {atOnce: 3});
  t.is(most, 3);
  t.deepEqual(
    inventory.hosts.map(({name}) => name),
    hosts.slice(5).map(({name}) => name),
  );
  t.deepEqual(
    inventory.unreachable.map(({code}) => code),
    Array.from({length: 5}, () => 'HOST_UNREACHABLE'),
  );
});

test.serial('a cancelled reading begins with no further host', async t => {
  begun = 0;
  const abort = new AbortController();
  const hosts = Array.from({length: 5}, (_, nr) => new CountedHost({name: `host${nr}`}));
  const inventory = readInventory(hosts, {atOnce: 1, signal: abort.signal});
  abort.abort(new Error('enough'));
  await t.throwsAsync(inventory, {message: 'enough'});
  t.true(begun <= 1);
});
