import test from 'ava';

import {automaticDisks, EstateError, laneCaps, lanePlaces, parseEstate} from '../src/index.ts';

function estate(lanes: string, ofA = '{}') {
  return parseEstate(
    `estate: x\nhosts:\n  a: {uri: "qemu:///system", lanes: ${ofA}}\n  b: {uri: "qemu+ssh://b/system"}\nlanes: ${lanes}\n`,
  );
}

test('a disk lane on auto begins with four places, and lets the others follow it', t => {
  const {hosts} = estate('{disk: auto}', '{disk: 3}');
  t.deepEqual(hosts[0]?.lanes, {disk: 3, net: 2, migrations: 2});
  t.deepEqual(hosts[1]?.lanes, {disk: 4, net: 8, migrations: 8, automatic: ['disk']});
  t.deepEqual(automaticDisks(estate('{disk: auto}', '{disk: 3}')), [{host: 'b', lane: 'host:b/disk', from: 4}]);
  t.is(lanePlaces(estate('{disk: auto, net: 4}'))['link:a-b'], 4);
});

test('caps are bytes per second by lane, and a link has the smaller of two', t => {
  const capped = estate(
    '{net: {mibPerSecond: 100}, disk: {places: auto, mibPerSecond: 50}}',
    '{net: {places: 1, mibPerSecond: 10}}',
  );
  t.deepEqual(laneCaps(capped), {
    'host:a/disk': 50 * 1024 ** 2,
    'host:b/disk': 50 * 1024 ** 2,
    'link:a-b': 10 * 1024 ** 2,
  });
  t.is(lanePlaces(capped)['link:a-b'], 1);
  t.is(automaticDisks(capped).length, 2);
});

const refused = test.macro({
  exec(t, lanes: string, message: RegExp) {
    t.regex(t.throws(() => estate(lanes), {instanceOf: EstateError})?.message ?? '', message);
  },
  title: (_given, lanes: string) => `lanes: ${lanes} is refused`,
});
test(refused, '{disk: automatic}', /expected a whole number, auto, or/u);
test(refused, '{disk: {place: 2}}', /unknown key "place".*\n.*\n.*\n.*places/u);
test(refused, '{disk: {mibPerSecond: 0}}', /expected 1 or more/u);
test(refused, '{net: auto}', /expected/u);
test(refused, '{disk: 0}', /expected 1 or more/u);
