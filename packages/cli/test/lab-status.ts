import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

import test, {type ExecutionContext} from 'ava';
import type {LabRecord} from '@dr-toolkit/lab';

import {drIn} from './fixtures/run-dr.ts';

const host = {
  name: 'alder',
  position: 0,
  uuid: '11111111-2222-3333-4444-555555555555',
  address: '10.78.254.11',
  mac: '52:54:00:00:00:01',
  diskMib: 4096,
  cable: {name: 'drlab254h0', mac: '52:54:00:00:00:02'},
  wanted: 'on',
  cut: false,
  link: {},
} as const;

/** `dr` on a machine with these labs, each by what its record holds. */
async function drWithLabs(t: ExecutionContext, records: Readonly<Record<string, string>>) {
  const {folder} = await drIn(t);
  for (const [name, text] of Object.entries(records)) {
    await mkdir(join(folder, 'labs', name), {recursive: true});
    await writeFile(join(folder, 'labs', name, 'lab.json'), text);
  }
  return drIn(t, {DR_LAB_DIR: join(folder, 'labs')});
}

function record(name: string, changes: Partial<LabRecord> = {}): string {
  const owner = {pid: 1, startTicks: -1, bootId: 'another'};
  const whole: LabRecord = {version: 1, name, createdAt: '2000-01-01', owner, hosts: [], guests: [], cuts: []};
  return JSON.stringify({...whole, ...changes});
}

test('a lab whose record cannot be read hides no other', async t => {
  const dr = await drWithLabs(t, {one: '{"version": 1,', two: record('two')});
  const {exitCode, stdout, stderr} = await dr.run('lab', 'status');
  t.is(exitCode, 1);
  t.regex(stderr, /one\/lab\.json is not a lab's record/u);
  t.regex(stdout, /^Lab two \(broken; to clean it up: dr lab down --name two\)/mu);
  t.is((await dr.run('lab', 'status', '--name', 'one')).exitCode, 1);
});

test('a lab that comes up has no failed hosts, and nobody is told to take it down', async t => {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const owner = {pid: process.pid, startTicks, bootId};
  const dr = await drWithLabs(t, {one: record('one', {owner, hosts: [host]})});
  const {exitCode, stdout, stderr} = await dr.run('lab', 'status');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^Lab one \(coming up\): /u);
  t.regex(stdout, /^alder +10\.78\.254\.11 +off /mu);
});
