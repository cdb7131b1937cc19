import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {createInterface} from 'node:readline';
import test from 'ava';
import {execa} from 'execa';
import {labDown, type LabProgress} from '@dr-toolkit/lab';
import {marksOf, traces} from './fixtures/traces.ts';
import {scratchLabs} from './fixtures/scratch-labs.ts';

/** Starts `up` in a process of its own and kills that (-9), `laterMs` after its progress or its folder says so. */
async function killUp(
  folder: string,
  {when, laterMs}: {when: 'folder' | ((seen: LabProgress) => boolean); laterMs: number},
) {
  const up = execa('node', [join(import.meta.dirname, 'fixtures/up.ts'), 'half', '1'], {
    preferLocal: true,
    env: {DR_LAB_DIR: folder},
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
    await labDown('half');
    t.deepEqual(await traces(marks), []);
  });
}
