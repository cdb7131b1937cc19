import {readFile} from 'node:fs/promises';
import path from 'node:path';

import {openStore, type RunEvent, runPlan, defineStep, makePlan, checkJournal} from '@dr-toolkit/engine';

import {placesOf, untilMoving} from './fixtures/dr.ts';
import {home, type LabRig, move, testOnLab} from './fixtures/lab-rig.ts';

const test = testOnLab('steer', {vms: 3, upMs: 240_000});
const moveAway = [...move, '--delete-source'];

/** The newest run's name and journal. */
async function lastRun({dr}: LabRig): Promise<{run: string; folder: string; events: RunEvent[]}> {
  const {stdout} = await dr('show', 'last', '--json');
  const {run, folder} = JSON.parse(stdout) as {run: string; folder: string};
  const text = await readFile(path.join(folder, 'events.ndjson'), 'utf8');
  const events = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as RunEvent);
  return {run, folder, events};
}

test('a lane is narrowed from another process while a run goes on; the run heeds it, and it ends with the run', async t => {
  const {dr} = t.context;
  const run = dr(...moveAway, '--bandwidth', '16');
  await untilMoving(run);
  const narrowed = await dr('lanes', 'last', 'host:newhost/disk=1', '--yes');
  t.is(narrowed.exitCode, 0, narrowed.stderr);
  t.regex(narrowed.stdout, /^host:newhost\/disk +1 +dr lanes, until \S+ ends$/mu);
  const {exitCode, stderr} = await run;
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /the disk of newhost: 2 -> 1, until \S+ ends/u);
  const {run: name, events} = await lastRun(t.context);
  const limits = events.filter(event => event.type === 'lane-limit');
  t.like(limits[0], {lane: 'host:newhost/disk', places: 1, was: 2, run: name});
  t.like(limits[1], {lane: 'host:newhost/disk', places: 2, was: 1});
  t.is(limits.length, 2);
  // From then on nothing begins on that disk while something else is at work there.
  const at = events.findIndex(event => event.type === 'lane-limit');
  const working = new Set<string>();
  for (const [index, event] of events.entries()) {
    if (event.type === 'step-started' && event.lanes.some(({lane}) => lane === 'host:newhost/disk')) {
      if (index > at) t.deepEqual([...working], [], `${event.step} began beside others`);
      working.add(event.step);
    }
    if (event.type === 'lanes-eased' || event.type === 'step-done') working.delete(event.step);
  }
  t.true(
    events.slice(at).some(event => event.type === 'step-started' && event.lanes.length > 0),
    'something was left to begin',
  );
  t.regex((await dr('lanes')).stdout, /^host:newhost\/disk +2 +(dr\.yaml|default)$/mu);
  const late = await dr('lanes', 'last', 'host:newhost/disk=1', '--yes');
  t.is(late.exitCode, 3);
  t.regex(late.stderr, /is done: a limit for its time would end at once/u);
  t.is((await dr(...home)).exitCode, 0);
});

test('a run of another process can be followed to its end', async t => {
  const {dr} = t.context;
  const run = dr(...moveAway, 'aslo-proxy', '--bandwidth', '32');
  await untilMoving(run);
  const following = dr('show', 'last', '--follow', '--json');
  const [ended, followed] = await Promise.all([run, following]);
  t.is(ended.exitCode, 0, ended.stderr);
  t.is(followed.exitCode, 0, followed.stderr);
  const types = followed.stdout.split('\n').map(line => (JSON.parse(line) as {type: string}).type);
  t.is(types[0], 'run-started');
  t.is(types.at(-1), 'run-ended');
  const {events} = await lastRun(t.context);
  t.deepEqual(
    types,
    events.map(({type}) => type),
  );
  t.is((await dr(...home, 'aslo-proxy')).exitCode, 0);
});

test('a run of another process is aborted and undone, and is not resumed afterwards', async t => {
  const {dr, folder} = t.context;
  const run = dr(...moveAway, 'aslo-proxy', '--bandwidth', '8');
  await untilMoving(run);
  const {run: name} = await lastRun(t.context);
  const looked = await dr('abort', name, '--undo', '--dry-run');
  t.is(looked.exitCode, 0, looked.stderr);
  t.regex(looked.stdout, /^Broken off:\n +aslo-proxy\/move$/mu);
  t.regex(looked.stdout, /^Would then be undone.*\n +Undo: /mu);
  t.is((await dr('resume', name, '--dry-run')).exitCode, 3, 'somebody is at its controls');
  const aborted = await dr('abort', name, '--undo', '--yes', '--json');
  t.is(aborted.exitCode, 0, aborted.stderr);
  const told = aborted.stdout.split('\n').map(line => JSON.parse(line) as {type: string; run?: string});
  t.like(told[0], {type: 'abort', run: name, how: 'abort', state: 'running', heard: true});
  const ofRun = told.slice(0, told.findIndex(({type}) => type === 'summary') + 1).map(({type}) => type);
  t.deepEqual([ofRun[1], ...ofRun.slice(-2)], ['run-stopping', 'run-ended', 'summary']);
  const {exitCode, stderr} = await run;
  t.is(exitCode, 130, stderr);
  t.regex(aborted.stderr, /It has ended: stopped/u);
  t.regex(aborted.stderr, /Undone: \d+ steps? of/u);
  t.deepEqual(await placesOf(dr, 'aslo-proxy'), ['sunjammer: running']);
  t.is((await dr('claims')).stdout, 'No domain is claimed');
  const disks = await dr('lab', 'exec', 'newhost', '--name', 'steer', '--', 'sh', '-c', 'ls /var/lib/libvirt/images');
  t.notRegex(disks.stdout, /aslo-proxy/u, 'nothing of it is left on the target');
  const resumed = await dr('resume', name, '--yes');
  t.is(resumed.exitCode, 3, resumed.stderr);
  t.regex(resumed.stderr, new RegExp(`Run ${name} was undone by \\S+\\n +Start anew: dr migrate`, 'u'));
  t.like(checkJournal(path.join(folder, 'state/runs', name)), {ok: true});
});

test('what a killed run has left under way is broken off and undone by dr abort', async t => {
  const {dr} = t.context;
  const run = dr(...moveAway, 'aslo-proxy', '--bandwidth', '8');
  await untilMoving(run);
  run.kill('SIGKILL');
  await run;
  const job = () => dr('lab', 'exec', 'sunjammer', '--name', 'steer', '--', 'virsh', 'domjobinfo', 'aslo-proxy');
  t.regex((await job()).stdout, /Operation: +Outgoing migration/u, 'it goes on by itself');
  const looked = await dr('abort', 'last', '--undo', '--dry-run');
  t.regex(looked.stdout, /^Broken off, where it still goes on:\n +aslo-proxy\/move$/mu);
  const aborted = await dr('abort', 'last', '--undo', '--yes');
  t.is(aborted.exitCode, 0, aborted.stderr);
  t.regex(aborted.stderr, /aslo-proxy +running on sunjammer/u);
  t.regex(aborted.stderr, /Undone: \d+ steps? of/u);
  t.regex((await job()).stdout, /Job type: +None/u);
  t.deepEqual(await placesOf(dr, 'aslo-proxy'), ['sunjammer: running']);
  t.is((await dr('claims')).stdout, 'No domain is claimed');
  const disks = await dr('lab', 'exec', 'newhost', '--name', 'steer', '--', 'sh', '-c', 'ls /var/lib/libvirt/images');
  t.notRegex(disks.stdout, /aslo-proxy/u, 'nothing of it is left on the target');
});

test('a waiting run shows its evidence and every answer, and goes on with the one that is given', async t => {
  const {dr, folder} = t.context;
  // A run that cannot tell, put into this user's store as the crash of a move would have left it.
  const blind = defineStep('move-live', {
    inspect: async () => ({state: 'unknown', why: 'both hosts have it', evidence: {sunjammer: 'paused'}}),
    perform: async () => undefined,
  });
  const store = openStore(path.join(folder, 'state/runs.sqlite'));
  const steps = [
    {id: 'sure', kind: 'confirm', title: 'Ask', args: {text: 'Is the old one off?'}},
    {id: 'wiki/move', kind: 'move-live', title: 'Move wiki'},
  ];
  const kinds = [blind];
  const plan = makePlan({intent: {command: 'test'}, mode: 'planned', estate: '', inventory: '', steps}, {kinds});
  const {status} = await runPlan(plan, {store, kinds, context: {}, run: 'the-run'});
  await store.close();
  t.is(status, 'waiting');
  const {stdout} = await dr('show', 'the-run');
  t.regex(stdout, /Evidence:\n(.*\n)*.*"sunjammer": "paused"/u);
  const commands = [...stdout.matchAll(/^ {4}dr (answer \S+ \S+ \S+)/gmu)].map(([, command = '']) => command);
  t.deepEqual(commands, [
    'answer the-run sure yes',
    'answer the-run sure no',
    'answer the-run wiki/move look',
    'answer the-run wiki/move done',
    'answer the-run wiki/move again',
    'answer the-run wiki/move failed',
  ]);
  for (const command of ['answer the-run sure yes', 'answer the-run wiki/move done']) {
    t.true(commands.includes(command));
    t.is((await dr(...command.split(' '))).exitCode, 0);
  }
  const resumed = await dr('resume', 'the-run', '--yes');
  t.is(resumed.exitCode, 0, resumed.stderr);
});
