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
