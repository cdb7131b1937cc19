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

test('a pool with disks of its own, a link and the estate have the places that dr.yaml gives them', t => {
  const text = `estate: x
sites: {colo: {}}
hosts:
  a: {uri: "qemu:///system", lanes: {pools: {nvme: {places: 8, mibPerSecond: 500}}}}
  b: {uri: "qemu+ssh://b/system", site: colo}
  c: {uri: "qemu+ssh://c/system"}
pools: {archive: {colo: tank}}
links:
  - {between: [c, a], places: 1}
  - {between: [b, c], mibPerSecond: 20}
lanes: {net: 3, pools: {archive: 1, nvme: 5}, estate: {places: 4, mibPerSecond: 90}}
`;
  const places = lanePlaces(parseEstate(text));
  t.like(places, {'pool:a/nvme': 8, 'pool:b/nvme': 5, 'pool:a/archive': 1, 'pool:b/tank': 1});
  t.like(places, {'link:a-b': 3, 'link:a-c': 1, 'link:b-c': 3, estate: 4});
  const mebibyte = 1024 ** 2;
  t.deepEqual(laneCaps(parseEstate(text)), {
    'pool:a/nvme': 500 * mebibyte,
    'link:b-c': 20 * mebibyte,
    estate: 90 * mebibyte,
  });
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
test(refused, '{pools: {nvme: auto}}', /expected/u);
test(refused, '{pools: {nvme: {places: 0}}}', /expected 1 or more/u);

for (const [link, message] of [
  ['{between: [a, d]}', /there is no host d.*\n.*\n.*\n.*/u],
  ['{between: [a, a]}', /a has no link to itself/u],
  ['{between: [a]}', /expected/u],
  ['{between: [a, b]}\n  - {between: [b, a]}', /the link of a and b is there already/u],
] as const) {
  test(`links: ${link.replaceAll('\n', '')} is refused`, t => {
    const text = `estate: x\nhosts:\n  a: {uri: "qemu:///system"}\n  b: {uri: "qemu+ssh://b/system"}\nlinks:\n  - ${link}\n`;
    t.regex(t.throws(() => parseEstate(text), {instanceOf: EstateError})?.message ?? '', message);
  });
}
