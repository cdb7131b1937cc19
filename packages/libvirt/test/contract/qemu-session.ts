import {contractSuite} from '../fixtures/contract-suite.ts';

/** QEMU without hardware acceleration, so that the tests need no privilege and run anywhere. */
contractSuite({
  name: 'qemu',
  path: '/session',
  type: 'QEMU',
  abilities: new Set(['agent', 'block-jobs', 'console', 'cpu', 'jobs', 'monitor', 'secrets', 'volume-streams']),
  domainXml: (name, devices = '') =>
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>` +
    `<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>${devices}<memballoon model='none'/></devices></domain>`,
});
