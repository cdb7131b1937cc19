import test from 'ava';
import {labAddresses} from '../src/addresses.ts';
import {labEstate} from '../src/lab-estate.ts';
import {labFolder} from '../src/lab-folder.ts';
import {guestNames} from '../src/lab-story.ts';
import {guestRecord, hostRecord} from './fixtures/records.ts';

const folder = labFolder('one', {DR_LAB_DIR: '/labs'});
const hosts = [hostRecord({name: 'alder'}), hostRecord({name: 'birch', address: '10.78.1.12'})];
const estate = (guests: readonly string[]) =>
  labEstate('one', labAddresses(1), {folder, hosts, guests: guests.map(name => guestRecord(name))});

test('the controller reaches a host by address and the lab’s key, other hosts by name', t => {
  const text = estate([]);
  t.true(
    text.includes('uri: qemu+ssh://root@10.78.1.12/system?keyfile=/labs/one/key&known_hosts=/labs/one/known_hosts\n'),
  );
  t.true(text.includes('peerUri: qemu+ssh://root@birch/system\n'));
});

test('a domain comes after those of its service that are there', t => {
  const text = estate(guestNames(2));
  t.true(text.includes('      aslo-proxy: {after: [aslo-web1]}\n'));
  t.true(text.includes('      aslo-web1: {}\n'));
});

test('a lab without guests has no services', t => {
  t.false(estate([]).includes('services'));
});

test('more guests than the story has are numbered', t => {
  t.deepEqual(guestNames(10).slice(6), ['dns', 'git', 'guest9', 'guest10']);
});

for (const name of ['1', '1e3', '0x1f', 'null', 'true']) {
  test(`${name} is put in quotes, or YAML would read something else than a name`, t => {
    const text = labEstate(name, labAddresses(1), {folder, hosts: [hostRecord({name})], guests: []});
    t.true(text.includes(`\nestate: "${name}"\n`));
    t.true(text.includes(`\n  "${name}":\n`));
  });
}
