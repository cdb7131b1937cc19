import path from 'node:path';
import {askGuest, openLab} from '@dr-toolkit/lab';

import {placesOf, untilLine, untilMoving} from './fixtures/dr.ts';
import {home, move, testOnLab} from './fixtures/lab-rig.ts';
import {ranOn} from '../fixtures/ran-on.ts';

const test = testOnLab('cli', {vms: 2, upMs: 540_000});

test('dr init writes a dr.yaml that dr status can use', async t => {
  const {dr, folder} = t.context;
  const lab = await openLab('cli');
  const uris = await Promise.all(['sunjammer', 'newhost'].map(host => lab.uri(host)));
  const file = path.join(folder, 'written.yaml');
  const init = await dr('init', ...uris, '--output', file);
  t.is(init.exitCode, 0, init.stderr);
  const status = await dr('status', '--estate', file);
  t.is(status.exitCode, 0, status.stderr);
  t.regex(status.stdout, /aslo-proxy +sunjammer +running/u);
  t.is((await dr('init', ...uris, '--output', file)).exitCode, 3, 'it does not overwrite');
});

test('a plan touches nothing', async t => {
  const {dr} = t.context;
  const plan = await dr('plan', 'migrate', '--from', 'sunjammer', '--to', 'newhost');
  t.is(plan.exitCode, 0, plan.stderr);
  t.regex(plan.stdout, /aslo-proxy +sunjammer +newhost +live/u);
  t.deepEqual(await placesOf(t.context.dr, 'aslo-proxy'), ['sunjammer: running']);
});

test('without --yes and without a terminal nothing moves', async t => {
  const {dr} = t.context;
  const refused = await dr('migrate', '--from', 'sunjammer', '--to', 'newhost');
  t.is(refused.exitCode, 3);
  t.regex(refused.stderr, /--yes/u);
  t.deepEqual(await placesOf(t.context.dr, 'aslo-proxy'), ['sunjammer: running']);
});

test('Ctrl-C twice: the source runs on, the exit code is 130, and resume finishes', async t => {
  const {dr} = t.context;
  const run = dr(...move, 'aslo-proxy', '--bandwidth', '8');
  await untilMoving(run);
  run.kill('SIGINT');
  await untilLine(run, /stopping/iu); // two signals at once may arrive as one
  run.kill('SIGINT');
  const {exitCode, stdout, stderr} = await run;
  t.is(exitCode, 130, stderr);
  t.regex(`${stdout}${stderr}`, /aslo-proxy.*sunjammer/u);
  t.regex(stderr, /dr resume/u);
  t.deepEqual(await placesOf(t.context.dr, 'aslo-proxy'), ['sunjammer: running']);
  const again = await dr(...move, 'aslo-proxy', '--delete-source');
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(await placesOf(t.context.dr, 'aslo-proxy'), ['newhost: running']);
  t.is((await dr(...home, 'aslo-proxy')).exitCode, 0);
});

test('Ctrl-C once: what runs is finished or taken back, and nothing new starts', async t => {
  const {dr} = t.context;
  const run = dr(...move, '--parallel', '1', '--bandwidth', '32', '--delete-source');
  await untilMoving(run);
  run.kill('SIGINT');
  const {exitCode, stderr} = await run;
  t.is(exitCode, 130, stderr);
  const places = await Promise.all(['aslo-proxy', 'aslo-web1'].map(name => placesOf(t.context.dr, name)));
  t.true(
    places.every(each => each.length === 1),
    JSON.stringify(places),
  );
  t.true(places.flat().includes('sunjammer: running'), 'the second was not begun');
  const again = await dr(...move, '--delete-source');
  t.is(again.exitCode, 0, again.stderr);
  for (const name of ['aslo-proxy', 'aslo-web1']) t.deepEqual(await placesOf(t.context.dr, name), ['newhost: running']);
  t.is((await dr(...home)).exitCode, 0);
});

test('kill -9 half-way: the same command again finishes the job, and the guest never stopped', async t => {
  const {dr} = t.context;
  const lab = await openLab('cli');
  const guest = (await lab.guests()).find(({name}) => name === 'aslo-proxy');
  const {boot_id: bootId} = await askGuest(guest?.address ?? '');
  const run = dr(...move, 'aslo-proxy', '--bandwidth', '32', '--delete-source');
  await untilMoving(run);
  run.kill('SIGKILL');
  await run;
  const again = await dr(...move, 'aslo-proxy', '--delete-source');
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(await placesOf(t.context.dr, 'aslo-proxy'), ['newhost: running']);
  t.true(guest && (await ranOn(lab, guest, bootId)));
  t.is((await dr(...home, 'aslo-proxy')).exitCode, 0);
});

test('kill -9 half-way: dr resume finds the move under way and finishes it', async t => {
  const {dr} = t.context;
  const run = dr(...move, 'aslo-proxy', '--bandwidth', '32', '--delete-source');
  await untilMoving(run);
  run.kill('SIGKILL');
  await run;
  const {stdout} = await dr('runs');
  const crashed = /^(\S+) +crashed/mu.exec(stdout)?.[1];
  t.truthy(crashed, stdout);
  const looked = await dr('resume', crashed ?? '', '--dry-run');
  t.is(looked.exitCode, 0, looked.stderr);
  t.regex(looked.stdout, /^aslo-proxy\/move +look +(it goes on by itself \(.*\): it is followed|it is done)$/mu);
  t.regex(looked.stdout, /^aslo-proxy\/verify +wait +after aslo-proxy\/move$/mu);
  t.regex((await dr('runs')).stdout, new RegExp(`^${crashed} +crashed`, 'mu'), 'looking takes nothing over');
  const resumed = await dr('resume', crashed ?? '', '--yes');
  t.is(resumed.exitCode, 0, resumed.stderr);
  t.deepEqual(await placesOf(t.context.dr, 'aslo-proxy'), ['newhost: running']);
  t.is((await dr(...home, 'aslo-proxy')).exitCode, 0);
});

test('a host that is down is told at once, with the next step', async t => {
  const {dr} = t.context;
  t.is((await dr('lab', 'power-off', 'newhost', '--name', 'cli')).exitCode, 0);
  const status = await dr('status');
  t.regex(`${status.stdout}${status.stderr}`, /newhost.*(down|unreachable|no answer)/iu);
  t.regex(status.stdout, /aslo-proxy +sunjammer +running/u, 'the other host is shown all the same');
  const refused = await dr(...move);
  t.is(refused.exitCode, 3, refused.stderr);
  t.regex(refused.stderr, /newhost/u);
  t.deepEqual(await placesOf(t.context.dr, 'aslo-proxy'), ['sunjammer: running']);
  t.is((await dr('lab', 'power-on', 'newhost', '--name', 'cli')).exitCode, 0);
});
