import test from 'ava';
import {readInventory, simulatedHost} from '@dr-toolkit/hosts';

import {domainXml} from '../../../hosts/test/fixtures/domain-xml.ts';
import {statusText} from '../../src/commands/status.ts';

test('a domain that is off because it was moved away is told as such', async t => {
  const host = simulatedHost({name: 'sunjammer'});
  host.add(domainXml(), {state: 'shutoff', stateReason: 'migrated'});
  const text = statusText(await readInventory([host]), (_style, words) => words);
  t.regex(text, /^web +sunjammer +shutoff \(moved away\) /mu);
});

test('one that runs where it was moved to is told as any other', async t => {
  const host = simulatedHost({name: 'newhost'});
  host.add(domainXml(), {state: 'running', stateReason: 'migrated'});
  const text = statusText(await readInventory([host]), (_style, words) => words);
  t.regex(text, /^web +newhost +running +\d/mu);
});
