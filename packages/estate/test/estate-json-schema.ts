import {readFile} from 'node:fs/promises';

import test from 'ava';

import {estateJsonSchemaText} from '../src/estate-json-schema.ts';

test('the published schema is that of the source (npm run schema -w packages/estate writes it)', async t => {
  t.is(await readFile(new URL('../schema/dr.schema.json', import.meta.url), 'utf8'), estateJsonSchemaText());
});

test('the schema of a secret knows references only', t => {
  const text = estateJsonSchemaText();
  t.true(text.includes('"env"'));
  t.false(/"password"/u.test(text));
});
