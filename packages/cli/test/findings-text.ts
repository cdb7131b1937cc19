import test from 'ava';
import type {Finding} from '@dr-toolkit/migrate';

import {findingsText} from '../src/findings-text.ts';

const plain = (_style: unknown, text: string) => text;

function networkMissing(domain: string): Finding {
  return {
    severity: 'blocks',
    code: 'NETWORK_MISSING',
    host: 'newhost',
    domain,
    message: `newhost has no network br0 for ${domain}`,
    remedy: 'Map it in dr.yaml (networks)',
  };
}

test('what blocks comes first, each with its remedy', t => {
  const note: Finding = {
    severity: 'notes',
    code: 'SNAPSHOTS',
    host: 'sunjammer',
    domain: 'db',
    message: 'db has 2 snapshots',
    remedy: 'Nothing to do',
  };
  t.is(
    findingsText([note, networkMissing('db')], plain),
    `In the way (1 finding)
  db on newhost  [NETWORK_MISSING]
    newhost has no network br0 for db
    Map it in dr.yaml (networks)

Notes (1 finding)
  db on sunjammer  [SNAPSHOTS]
    db has 2 snapshots
    Nothing to do`,
  );
});

test('the same of many domains is said once', t => {
  const text = findingsText([networkMissing('web'), networkMissing('web-2')], plain);
  t.is(
    text,
    `In the way (2 findings)
  web, web-2 on newhost  [NETWORK_MISSING]
    newhost has no network br0 for DOMAIN
    Map it in dr.yaml (networks)`,
  );
});

test('nothing found is nothing said', t => {
  t.is(findingsText([], plain), '');
});
