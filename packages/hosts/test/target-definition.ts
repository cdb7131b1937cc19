import test from 'ava';

import {domainDefinition, targetDefinition} from '../src/index.ts';
import {diskXml, domainXml, nicXml} from './fixtures/domain-xml.ts';

const xml = domainXml({
  disks: diskXml({path: '/srv/a/web.qcow2'}) + diskXml({path: '/srv/a/data.raw', target: 'vdb', format: 'raw'}),
  interfaces: nicXml({mac: '52:54:00:AA:00:01', network: 'lan'}),
  devices: "<strange xmlns:x='urn:x' x:one='two'><!-- kept --></strange>",
});

test('a disk gets its new path, and its neighbour keeps the old one', t => {
  const {disks} = domainDefinition(targetDefinition(xml, {disks: {vda: {path: '/srv/b/web.qcow2'}}}));
  t.deepEqual(
    disks.map(({path}) => path),
    ['/srv/b/web.qcow2', '/srv/a/data.raw'],
  );
});

test('a copied disk no longer names what lay below it', t => {
  const chained = xml.replace(
    "<target dev='vda'",
    "<backingStore type='file'><format type='raw'/><source file='/srv/a/base.raw'/></backingStore><target dev='vda'",
  );
  t.deepEqual(domainDefinition(chained).disks[0]?.backingPaths, ['/srv/a/base.raw']);
  t.deepEqual(
    domainDefinition(targetDefinition(chained, {disks: {vda: {path: '/srv/b/web.qcow2'}}})).disks[0]?.backingPaths,
    [],
  );
});

test('a disk may be named by pool and volume', t => {
  const {disks} = domainDefinition(targetDefinition(xml, {disks: {vda: {pool: 'fast', volume: 'web.qcow2'}}}));
  t.like(disks[0], {type: 'volume', pool: 'fast', volume: 'web.qcow2'});
  t.is(disks[0]?.path, undefined);
});

test('an interface is found by its MAC in any spelling, and plugged in elsewhere', t => {
  const changed = targetDefinition(xml, {interfaces: {'52:54:00:aa:00:01': {type: 'bridge', source: 'br0'}}});
  t.like(domainDefinition(changed).interfaces[0], {type: 'bridge', source: 'br0', mac: '52:54:00:aa:00:01'});
  t.notRegex(changed, /network='lan'/u);
});

test('a sparse disk asks QEMU for holes, and only that one', t => {
  const changed = targetDefinition(xml, {sparseDisks: ['vdb']});
  t.is(changed.match(/detect_zeroes="unmap"|detect_zeroes='unmap'/gu)?.length, 1);
});

test('what dr does not understand stays', t => {
  t.regex(
    targetDefinition(xml, {disks: {vda: {path: '/x'}}}),
    /<strange xmlns:x="urn:x" x:one="two"><!-- kept --><\/strange>/u,
  );
});

test('a device that both hosts see is named as a device', t => {
  const lun = "<disk type='block' device='lun'><source dev='/dev/a'/><target dev='vda'/></disk>";
  const {disks} = domainDefinition(targetDefinition(domainXml({disks: lun}), {disks: {vda: {path: '/dev/b'}}}));
  t.like(disks[0], {type: 'block', path: '/dev/b'});
});

test('a disk that was named by its pool is named by its path, and by nothing else', t => {
  const volume = "<disk type='volume' device='disk'><source pool='a' volume='b' index='1'/><target dev='vda'/></disk>";
  const changed = targetDefinition(domainXml({disks: volume}), {disks: {vda: {path: '/images/b'}}});
  t.regex(changed, /<source file="\/images\/b"\/>/u);
  t.like(domainDefinition(changed).disks[0], {type: 'file', path: '/images/b', pool: undefined});
});

test('a mirror that a copy was writing is named no longer', t => {
  const copying = diskXml({path: '/a'}).replace('<target', "<mirror type='file'><source file='/b'/></mirror><target");
  t.notRegex(targetDefinition(domainXml({disks: copying}), {disks: {vda: {path: '/c'}}}), /mirror/u);
});

test('an empty drive and an interface without a source stay as they are', t => {
  const empty = "<disk type='file' device='cdrom'><target dev='sda'/></disk>";
  const nic = "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>";
  const changed = targetDefinition(domainXml({disks: empty, interfaces: nic}), {
    disks: {sda: {path: '/x'}},
    interfaces: {'52:54:00:00:00:01': {type: 'bridge', source: 'br0'}},
  });
  t.notRegex(changed, /<source/u);
});

test('an interface keeps nothing of what it was plugged into', t => {
  const nic =
    "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='lan' portid='p' portgroup='g' bridge='b' dev='d' mode='m'/></interface>";
  const plug = {'52:54:00:00:00:01': {type: 'network', source: 'dmz'}} as const;
  t.regex(targetDefinition(domainXml({interfaces: nic}), {interfaces: plug}), /<source network="dmz"\/>/u);
});
