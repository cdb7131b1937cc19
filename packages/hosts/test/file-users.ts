import test from 'ava';

import {domainDefinition, type DomainReading, fileUsers, type PoolReading, type VolumeReading} from '../src/index.ts';
import {diskXml, domainXml} from './fixtures/domain-xml.ts';

const path = '/images/web.qcow2';

function volume(file: string, more: Partial<VolumeReading> = {}): VolumeReading {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return {name, path: file, format: 'qcow2', capacityBytes: 1, allocationBytes: 1, lengthBytes: 1, ...more};
}

function pool(name: string, ...volumes: readonly VolumeReading[]): PoolReading {
  const sizes = {capacityBytes: 1, availableBytes: 1};
  return {name, uuid: name, type: 'dir', active: true, autostart: true, path: '/images', ...sizes, volumes};
}

/** A domain as it runs, and as it would be started next. */
function domain(running: string, next = running): DomainReading {
  const {agentChannel: _channel, emulator: _emulator, disks, ...definition} = domainDefinition(running);
  return {
    ...definition,
    xml: next,
    state: 'running',
    stateReason: 'booted',
    persistent: true,
    autostart: false,
    agent: 'none',
    addresses: [],
    snapshots: [],
    managedSave: false,
    checkpoints: [],
    disks: disks.map(disk => Object.assign({capacityBytes: 1, allocationBytes: 1, lengthBytes: 1}, disk)),
  };
}

const bare = domainXml();
const backed = diskXml({path: '/images/top.qcow2'}).replace(
  '<target',
  `<backingStore type='file'><format type='qcow2'/><source file='${path}'/></backingStore><target`,
);
const named = `<disk type='volume' device='disk'><source pool='default' volume='web.qcow2'/><target dev='vda'/></disk>`;

const uses = test.macro({
  exec(t, {domains = [], volumes = []}: {domains?: DomainReading[]; volumes?: VolumeReading[]}, user?: string) {
    const pools = [pool('other', volume('/other/web.qcow2')), pool('default', volume(path), ...volumes)];
    t.is(fileUsers({domains, pools}).get(path), user);
  },
  title: who => `who uses a file: ${String(who)}`,
});
test('nobody', uses, {domains: [domain(bare)]});
test('a domain whose disk it is', uses, {domains: [domain(domainXml({disks: diskXml({path})}))]}, 'web');
test(
  'a domain that is started with it next',
  uses,
  {domains: [domain(bare, domainXml({disks: diskXml({path})}))]},
  'web',
);
test(
  'a domain that goes on with it until its next start',
  uses,
  {domains: [domain(domainXml({disks: diskXml({path})}), bare)]},
  'web',
);
test('a domain whose disk lies on it', uses, {domains: [domain(domainXml({disks: backed}))]}, 'web');
test('a domain that names it by pool and volume', uses, {domains: [domain(domainXml({disks: named}))]}, 'web');
test(
  'a domain that keeps its NVRAM in it',
  uses,
  {domains: [domain(domainXml({os: `<nvram>${path}</nvram>`}))]},
  'web',
);
test(
  'a domain that boots from it next',
  uses,
  {domains: [domain(bare, domainXml({os: `<kernel>${path}</kernel>`}))]},
  'web',
);
test(
  'a file that lies on it',
  uses,
  {volumes: [volume('/images/clone.qcow2', {backingPath: path})]},
  '/images/clone.qcow2',
);
