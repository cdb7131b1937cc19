import test from 'ava';

import {estateDigest, inventoryDigest, parseEstate} from '../src/index.ts';
import {wholeEstate} from './fixtures/estate-text.ts';
import {domainReading, hostReading} from './fixtures/readings.ts';

test('comments and layout do not change the digest of an estate, an address does', t => {
  const digest = estateDigest(parseEstate(wholeEstate));
  t.regex(digest, /^sha256:[0-9a-f]{64}$/u);
  t.is(estateDigest(parseEstate(`# why\n${wholeEstate}`)), digest);
  t.not(estateDigest(parseEstate(wholeEstate.replace('140.186.70.53', '140.186.70.54'))), digest);
});

test('the digest of an inventory changes with what was read', t => {
  const inventory = {hosts: [hostReading('a', {domains: [domainReading('web')]})], unreachable: []};
  const stopped = {hosts: [hostReading('a', {domains: [domainReading('web', {state: 'shutoff'})]})], unreachable: []};
  t.is(inventoryDigest(structuredClone(inventory)), inventoryDigest(inventory));
  t.not(inventoryDigest(stopped), inventoryDigest(inventory));
});
