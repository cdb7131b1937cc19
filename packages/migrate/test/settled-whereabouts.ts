import test from 'ava';

import type {DomainMove} from '../src/index.ts';
import {steadyWhereabouts} from '../src/settled-whereabouts.ts';
import {guestXml, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const move = {uuid: uuidOf(1), from: 'alder', to: 'birch'} as DomainMove;

/** A domain that runs on its target while its source is still paused for the move. */
function handingOver() {
  const {alder, birch} = new TwoHosts().with('web', {state: 'paused', stateReason: 'migration'});
  birch.add(guestXml('web'), {state: 'running', stateReason: 'migrated'});
  return {source: alder, target: birch};
}

test('a move that hands its domain over is looked at again, until the source has let go', async t => {
  const hosts = handingOver();
  const read = hosts.target.readDomain.bind(hosts.target);
  let looks = 0;
  hosts.target.readDomain = async (...args) => {
    looks += 1;
    const web = hosts.source.domains.get(uuidOf(1));
    if (looks === 2 && web) Object.assign(web, {state: 'shutoff', stateReason: 'migrated'});
    return read(...args);
  };
  // The source is asked before the target: what changes in the second look is seen by the third.
  t.is((await steadyWhereabouts(move, hosts, {pollMs: 1})).at, 'target');
  t.true(looks >= 2);
});

test('hosts that go on contradicting each other are told as they are', async t => {
  const {at, evidence} = await steadyWhereabouts(move, handingOver(), {pollMs: 1, steadyMs: 5});
  t.is(at, 'unclear');
  t.deepEqual(evidence, {alder: 'paused (migration)', birch: 'running (migrated)'});
});

test('a cancel ends the looking', async t => {
  const reason = new Error('enough');
  await t.throwsAsync(steadyWhereabouts(move, handingOver(), {signal: AbortSignal.abort(reason)}));
});
