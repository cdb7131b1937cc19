import {contractSuite} from '../fixtures/contract-suite.ts';

contractSuite({
  name: 'test',
  path: '/default',
  type: 'TEST',
  abilities: new Set(['networks', 'snapshots']),
  domainXml: (name, devices = '') =>
    `<domain type='test'><name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>` +
    `<os><type arch='i686'>hvm</type></os><devices>${devices}</devices></domain>`,
});
