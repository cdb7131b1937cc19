import {access, mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {createInterface} from 'node:readline';
import test from 'ava';
import {execa} from 'execa';
import {askGuest, labDown, labUp, listLabs, type LabProgress} from '@dr-toolkit/lab';
import {marksOf, traces} from './fixtures/traces.ts';
import {scratchLabs} from './fixtures/scratch-labs.ts';

/** Starts `up` in a process of its own and kills that (-9), `laterMs` after its progress or its folder says so. */
async function killUp(
  folder: string,
  {when, laterMs}: {when: 'folder' | ((seen: LabProgress) => boolean); laterMs: number},
) {
  const up = execa('node', [join(import.meta.dirname, 'fixtures/up.ts'), 'half', '1'], {
    preferLocal: true,
    env: {...process.env, DR_LAB_DIR: folder},
    reject: false,
    buffer: false,
  });
  if (when === 'folder') {
    while (!(await readdir(folder)).includes('half')) await sleep(1);
  } else {
    for await (const line of createInterface({input: up.stdout})) if (when(JSON.parse(line) as LabProgress)) break;
  }
  await sleep(laterMs);
  up.kill('SIGKILL');
  await up;
}

const hostStarts = ({subject, state}: LabProgress) => subject === 'newhost' && state === 'started';
const guestStarts = ({subject, state}: LabProgress) => subject === 'aslo-proxy' && state === 'started';
const moments = [
  ...[0, 5, 20, 50, 90].map(laterMs => ({what: 'its folder was there', when: 'folder', laterMs}) as const),
  ...[0, 30, 70, 120, 200, 350].map(laterMs => ({what: 'hosts were starting', when: hostStarts, laterMs}) as const),
  ...[0, 200, 600, 2500].map(laterMs => ({what: 'a guest was starting', when: guestStarts, laterMs}) as const),
];

for (const {what, when, laterMs} of moments) {
  test.serial(`down cleans up after an up that was killed ${laterMs} ms after ${what}`, async t => {
    const folder = await scratchLabs(t);
    await killUp(folder, {when, laterMs});
    const marks = await marksOf(join(folder, 'half'));
    t.not((await traces(marks)).length, 0, 'there is something to clean up');
    await labDown('half');
    t.deepEqual(await traces(marks), []);
  });
}

test.serial('a first up that was killed while it built the guests spoils nothing for the next', async t => {
  const cacheBefore = process.env['XDG_CACHE_HOME'];
  const cache = await mkdtemp(join(tmpdir(), 'lab-cache-'));
  process.env['XDG_CACHE_HOME'] = cache;
  t.teardown(async () => {
    if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = cacheBefore;
    await rm(cache, {recursive: true, force: true});
  });
  const folder = await scratchLabs(t);
  await killUp(folder, {when: ({subject, state}) => subject === 'images' && state === 'note', laterMs: 500});
  await labDown('half');
  await killUp(folder, {when: ({message}) => message.startsWith('building'), laterMs: 100});
  t.true((await readdir(join(cache, 'dr-lab'))).every(name => name.startsWith('.draft-')));

  await labDown('half');
  const lab = await labUp({name: 'half', vms: 1});
  t.is((await askGuest((await lab.guests())[0]?.address ?? '')).host, 'aslo-proxy');
  const kept = await readdir(join(cache, 'dr-lab'));
  t.is(kept.length, 1, 'the drafts of the dead are swept away');
  t.true(await lab.down());
});

/** Runs `dr lab ...` where one program of the machine is another. */
function drWith(folder: string, program: string, args: readonly string[]) {
  const bin = resolve(import.meta.dirname, '../../packages/cli/bin/dr.js');
  return execa(process.execPath, [bin, 'lab', ...args, '--name', 'half'], {
    stdin: 'ignore',
    reject: false,
    env: {PATH: `${join(folder, 'programs', program)}:${process.env['PATH']}`},
  });
}

async function writeProgram(folder: string, name: string, script: string): Promise<void> {
  const place = join(folder, 'programs', name);
  await mkdir(place, {recursive: true});
  await writeFile(join(place, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
}

test.serial('what commands that were killed have left half done, the next ones finish', async t => {
  const folder = await scratchLabs(t);
  const lab = await labUp({name: 'half', vms: 0});

  // A heal, before the cable was plugged in.
  await writeProgram(folder, 'bridge', 'kill -9 $PPID');
  await lab.cut('newhost');
  t.is((await drWith(folder, 'bridge', ['heal', 'newhost'])).signal, 'SIGKILL');
  t.true((await lab.status()).hosts[1]?.cut, 'it is, and is known to be');

  // A power-on, while the host booted: that host ends at its first word to who is not there any more.
  await lab.powerOff('newhost');
  const [booting, goOn] = [join(folder, 'booting'), join(folder, 'go-on')];
  await writeProgram(
    folder,
    'mount',
    `: > ${booting}\nuntil [ -e ${goOn} ]; do sleep 0.05; done\nexec /bin/mount "$@"`,
  );
  const powerOn = drWith(folder, 'mount', ['power-on', 'newhost']);
  while (!(await there(booting))) await sleep(5);
  powerOn.kill('SIGKILL');
  await powerOn;
  await lab.powerOn('newhost');
  await writeFile(goOn, '');
  const {power, libvirtd} = (await lab.status()).hosts[1] ?? {};
  t.deepEqual({power, libvirtd}, {power: 'on', libvirtd: true});
});

function there(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

test.serial('what lies beside the labs is none, and what heals a host heals all its links', async t => {
  const folder = await scratchLabs(t);
  await mkdir(join(folder, 'lost+found'));
  t.is((await drWith(folder, 'none', ['down', '--yes'])).exitCode, 0);
  t.deepEqual(await listLabs(), []);

  const lab = await labUp({name: 'half', hosts: ['alder', 'birch', 'cedar'], vms: 0});
  t.deepEqual(await listLabs(), ['half']);
  t.is((await drWith(folder, 'none', ['cut', 'alder', 'alder'])).exitCode, 2);
  await lab.cut('alder', 'birch');
  await lab.cut('birch', 'cedar');
  const healed = await drWith(folder, 'none', ['heal', 'alder']);
  t.is(healed.stdout, 'Healed between alder and everyone\nHealed between alder and birch');
  t.deepEqual((await lab.status()).cuts, [['birch', 'cedar']]);
});
