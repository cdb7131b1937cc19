import test from 'ava';

import type {DomainMove} from '../src/index.ts';
import {verifyDomain} from '../src/verify-domain.ts';
import {type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

/** A domain that has arrived, and what verifying it comes to. */
async function arrived(spec: GuestSpec = {}) {
  const two = new TwoHosts().with('web', spec);
  const {plan, moves} = await two.plan();
  const [move] = moves;
  if (!plan || !move) throw new Error('nothing to move');
  await two.perform({...plan, steps: plan.steps.slice(0, 2)});
  const context = two.contextFor('web/verify');
  const there = two.birch.domains.get(uuidOf(1));
  if (!there) throw new Error('it did not arrive');
  return {
    two,
    there,
    verify: (changes: Partial<DomainMove> = {}) => verifyDomain.perform({...move, ...changes}, context),
  };
}

test('a domain that its target would not know after a stop is not in order', async t => {
  const {there, verify} = await arrived();
  there.persistent = false;
  await t.throwsAsync(verify(), {code: 'TARGET_NOT_VERIFIED', message: /birch has no definition of it/u});
});

test('a domain without one of its disks is not in order', async t => {
  const {two, verify} = await arrived();
  two.birch.files.delete(`${images}/web.qcow2`);
  await t.throwsAsync(verify(), {code: 'TARGET_NOT_VERIFIED', message: /web\.qcow2 is not there/u});
});

test('a domain that runs on both hosts, or on its source again, is not in order', async t => {
  const {two, there, verify} = await arrived();
  const here = two.alder.domains.get(uuidOf(1));
  if (here) here.state = 'running';
  await t.throwsAsync(verify(), {code: 'TARGET_NOT_VERIFIED'});
  there.state = 'shutoff';
  await t.throwsAsync(verify(), {code: 'TARGET_NOT_VERIFIED'});
});

test('a domain that was moved while it ran must run, and one that was copied must not', async t => {
  const live = await arrived();
  live.there.state = 'shutoff';
  await t.throwsAsync(live.verify(), {code: 'TARGET_NOT_VERIFIED'});
  const off = await arrived({state: 'shutoff'});
  off.there.state = 'running';
  await t.throwsAsync(off.verify(), {code: 'TARGET_NOT_VERIFIED'});
});

test('a domain that arrived in an earlier run may be found running or off', async t => {
  const {there, verify} = await arrived({agent: 'none'});
  await t.notThrowsAsync(Promise.resolve(verify({how: 'finish'})));
  there.state = 'shutoff';
  await t.notThrowsAsync(Promise.resolve(verify({how: 'finish'})));
});

test('from now on the target starts it by itself, and the source does not', async t => {
  const {two, there, verify} = await arrived({autostart: true});
  const here = two.alder.domains.get(uuidOf(1));
  Object.assign(here ?? {}, {autostart: true});
  there.autostart = false;
  await verify();
  t.deepEqual([there.autostart, here?.autostart], [true, false]);
});

test('what was seen is told: also of a source that is gone, and of each disk', async t => {
  const {two, verify} = await arrived({agent: 'none'});
  two.alder.domains.clear();
  t.deepEqual(await verify(), {seen: ['running on birch', 'gone from alder', 'has vda']});
});
