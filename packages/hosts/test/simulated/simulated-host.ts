import test from 'ava';

import {simulatedHost} from '../../src/index.ts';
import {domainXml, webUuid} from '../fixtures/domain-xml.ts';
import {hostContract} from '../fixtures/host-contract.ts';

const host = simulatedHost({name: 'alder', pools: [{name: 'default'}]});

hostContract(test.serial, 'simulated', () => ({
  host,
  folder: '/var/lib/libvirt/images',
  xml: domainXml(),
  uuid: webUuid,
}));
