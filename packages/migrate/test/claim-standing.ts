import test from 'ava';
import type {RunStanding} from '@dr-toolkit/engine';
import type {Claim} from '@dr-toolkit/hosts';

import {type BrokenClaim, type ClaimStanding, claimStanding, claimText} from '../src/claim-standing.ts';

const until = '2026-11-22T18:13:00.000Z';
const claim: Claim = {run: 'theirs', controller: 'mallow:1#1', token: 3, until};
const untilMs = Date.parse(until);

const stands = test.macro({
  exec(t, standing: ClaimStanding, run: RunStanding, nowMs: number, broken: readonly BrokenClaim[] = []) {
    t.is(claimStanding(claim, {run, nowMs, broken}), standing);
  },
  title: situation => `a claim ${String(situation)}`,
});
test('of a run that has ended is free, however long it holds', stands, 'free', 'ended', untilMs - 1);
test('of a run that goes on is live, however old it is', stands, 'live', 'alive', untilMs + 1);
test('of nobody known is live until its time is up', stands, 'live', 'unknown', untilMs - 1);
test('of nobody known is expired when its time is up, and not free', stands, 'expired', 'unknown', untilMs);
test('that was broken is free', stands, 'free', 'unknown', untilMs + 1, [{run: 'theirs', token: 3}]);
test('is not broken by the name of an earlier one', stands, 'expired', 'unknown', untilMs + 1, [
  {run: 'theirs', token: 2},
]);
test("is not broken by another run's of the same number", stands, 'expired', 'unknown', untilMs + 1, [
  {run: 'others', token: 3},
]);

test('a claim is told with its run, its controller and its end', t => {
  t.is(claimText(claim), 'run theirs of mallow:1#1, until 2026-11-22 18:13 UTC');
  t.is(claimText({...claim, until: ''}), 'run theirs of mallow:1#1, without an end');
});
