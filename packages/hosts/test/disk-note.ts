import test from 'ava';

import {type DiskNote, readDiskNote, simulatedHost, writeDiskNote} from '../src/index.ts';
import {notedDisk} from '../src/disk-note.ts';

const disk = '/images/web.qcow2';
const note: DiskNote = {kind: 'incoming', uuid: 'u', domain: 'web', from: 'alder', run: 'r'};

function written(text: string, capacityBytes = text.length) {
  const host = simulatedHost({name: 'birch'});
  host.files.create({path: `${disk}.dr-incoming`, format: 'raw', capacityBytes});
  host.files.write(`${disk}.dr-incoming`, {offset: 0, data: Buffer.from(text)});
  return host;
}

test('a note is read as it was written, in place of an older one', async t => {
  const host = simulatedHost({name: 'birch'});
  await writeDiskNote(host, disk, {...note, run: 'an older run with a long name'});
  await writeDiskNote(host, disk, note);
  t.like(await readDiskNote(host, disk, 'incoming'), note);
  t.is(await readDiskNote(host, disk, 'kept'), undefined);
});

const isNone = test.macro({
  async exec(t, text: string, capacityBytes?: number) {
    t.is(await readDiskNote(written(text, capacityBytes), disk, 'incoming'), undefined);
  },
  title: what => `it is no note of dr's: ${String(what)}`,
});
const whole = JSON.stringify({format: 'dr-note/1', ...note});
test('what was cut short', isNone, whole.slice(0, -3));
test('what has another format', isNone, JSON.stringify({...note, format: 'dr-note/2'}));
test('what is of another kind', isNone, JSON.stringify({format: 'dr-note/1', ...note, kind: 'kept'}));
test('what names no domain', isNone, JSON.stringify({format: 'dr-note/1', ...note, uuid: undefined}));
test('what is no object', isNone, 'null');
test('a word', isNone, '"dr-note/1"');
test('a file that is larger than a note can be', isNone, whole, 65_537);

test('a note of the largest size is read', async t => {
  t.like(await readDiskNote(written(whole.padEnd(65_536)), disk, 'incoming'), note);
});

test('the disk is known from the path of its note, and by its kind only', t => {
  t.is(notedDisk(`${disk}.dr-kept`, 'kept'), disk);
  t.is(notedDisk(`${disk}.dr-kept`, 'incoming'), undefined);
  t.is(notedDisk(disk, 'kept'), undefined);
});
