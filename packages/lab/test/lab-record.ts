import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {LabError} from '../src/lab-error.ts';
import {labFolder} from '../src/lab-folder.ts';
import {parseRecord, readRecord, recordSaver, type LabRecord} from '../src/lab-record.ts';

async function scratchFolder(t: {teardown: (end: () => Promise<void>) => void}) {
  const path = await mkdtemp(join(tmpdir(), 'lab-record-'));
  t.teardown(() => rm(path, {recursive: true, force: true}));
  const folder = labFolder('one', {DR_LAB_DIR: path});
  return {...folder, path, record: join(path, 'lab.json')};
}

const empty = (): LabRecord => ({version: 1, name: 'one', createdAt: '2000-01-01', hosts: [], guests: [], cuts: []});

test('a record is read as it was written', async t => {
  const folder = await scratchFolder(t);
  const record = {...empty(), index: 3, bridge: {name: 'drlab3', mac: '52:54:00:00:00:01'}};
  await recordSaver(folder, record)();
  t.deepEqual(await readRecord(folder), record);
});

test('saves that overlap leave the last state and no draft', async t => {
  const folder = await scratchFolder(t);
  const record = empty();
  const save = recordSaver(folder, record);
  await Promise.all([1, 2, 3].map(index => (Object.assign(record, {index}), save())));
  t.is((await readRecord(folder))?.index, 3);
  t.deepEqual(await readdir(folder.path), ['lab.json']);
});

test('a lab without record is undefined', async t => {
  t.is(await readRecord(await scratchFolder(t)), undefined);
});

for (const [what, text] of [
  ['half a record', '{"version": 1, "hosts": ['],
  ['a record of another version', '{"version": 2, "hosts": [], "guests": []}'],
] as const) {
  test(`${what} is refused rather than guessed at`, t => {
    t.throws(() => parseRecord(text, '/lab.json'), {instanceOf: LabError, code: 'LAB_RECORD_BROKEN'});
  });
}

test('a record of a newer dr is told as such, with who can take that lab down', t => {
  t.throws(() => parseRecord('{"version": 2, "hosts": [], "guests": []}', '/lab.json'), {
    message: '/lab.json was written by a newer dr: its version is 2, not 1',
  });
});
