import {parseXml} from '@dr-toolkit/libvirt';
import test from 'ava';

import {type Claim, claimIn, claimXml, parsedClaim, withClaim} from '../src/claim.ts';
import {domainXml} from './fixtures/domain-xml.ts';

const claim: Claim = {run: 'r <1>', controller: 'mallow:1#1', token: 7, until: '2026-11-22T18:00:00.000Z'};
const inXml = (xml: string) => claimIn(parseXml(xml, 'domain').root);
const others = "<metadata><x:note xmlns:x='urn:x'>kept</x:note></metadata>";
const annotated = domainXml().replace('<devices>', `${others}<devices>`);

test('a claim is found in a definition that has other metadata, and goes without taking them along', t => {
  t.is(inXml(annotated), undefined);
  const held = withClaim(annotated, claim);
  t.deepEqual(inXml(held), claim);
  t.regex(held, /kept/u);
  const free = withClaim(held, undefined);
  t.is(inXml(free), undefined);
  t.regex(free, /kept/u);
});

test('a claim takes the place of another, and leaves no trace when it goes', t => {
  const held = withClaim(withClaim(domainXml(), {...claim, token: 1}), claim);
  t.deepEqual(inXml(held), claim);
  t.is(held.match(/token/gu)?.length, 1);
  t.notRegex(withClaim(held, undefined), /metadata/u);
  t.notRegex(withClaim(domainXml(), undefined), /metadata/u);
});

test('a claim goes to libvirt and comes back as it was', t => {
  t.deepEqual(parsedClaim(claimXml(claim)), claim);
});

test('a claim that cannot be read is still one: of nobody known, older than any, without an end', t => {
  t.deepEqual(parsedClaim('<claim token="seven"/>'), {run: 'unknown', controller: 'unknown', token: 0, until: ''});
});
