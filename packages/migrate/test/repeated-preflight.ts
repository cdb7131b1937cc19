import test from 'ava';
import {readInventory} from '@dr-toolkit/hosts';

import {type Finding, type MigrationRequest, repeatedPreflight} from '../src/index.ts';
import {images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const route = {targetUri: 'sim://birch/system'};
const mebibyte = 1024 ** 2;

/** What the preflight says of a plan made in one world, in another. */
async function saidAgain(planned: TwoHosts, now: TwoHosts, wanted: Partial<MigrationRequest> = {}): Promise<string[]> {
  const {plan} = await planned.plan(wanted);
  if (!plan) throw new Error('nothing is planned');
  const {standingOf} = now;
  const {findings} = await repeatedPreflight(plan, now.hosts, await readInventory(now.hosts.values()), {
    route,
    standingOf,
  });
  return findings.map(({severity, code}: Finding) => `${severity} ${code}`);
}

test('in an unchanged world it says what it said', async t => {
  const two = new TwoHosts().with('web');
  t.deepEqual(
    await saidAgain(two, two),
    (await two.plan()).findings.map(({severity, code}) => `${severity} ${code}`),
  );
});

test('memory that the target had and has no more', async t => {
  const short = new TwoHosts({birch: {memory: {totalBytes: 2048 * mebibyte, freeBytes: 100 * mebibyte}}}).with('web');
  t.true((await saidAgain(new TwoHosts().with('web'), short)).includes('blocks MEMORY_SHORT'));
});

test('room that the target had and has no more', async t => {
  const pools = [{name: 'default', path: images, availableBytes: 0}];
  const full = new TwoHosts({birch: {pools}}).with('web');
  t.true((await saidAgain(new TwoHosts().with('web'), full)).includes('blocks DISK_FULL'));
});

test('a claim that came after the plan stands in the way, also of a plan that breaks an older one', async t => {
  const two = new TwoHosts().with('web');
  const theirs = {run: 'theirs', controller: 'mallow:1#1', token: 3, until: '2999-01-01T00:00:00.000Z'};
  await two.alder.writeClaim(uuidOf(1), theirs);
  const {plan} = await two.plan({breakClaims: ['web']});
  if (!plan) return t.fail();
  const again = async () =>
    (
      await repeatedPreflight(plan, two.hosts, await readInventory(two.hosts.values()), {
        route,
        standingOf: two.standingOf,
      })
    ).findings.map(({code}) => code);
  t.true((await again()).includes('CLAIM_BROKEN'));
  await two.alder.writeClaim(uuidOf(1), {...theirs, token: 4});
  t.true((await again()).includes('CLAIMED'));
  return undefined;
});
