import {spawnSync} from 'node:child_process';
import test from 'ava';
import {newcArchive} from '../../src/guest/newc.ts';

const entries = [
  {path: 'bin', kind: 'folder'},
  {path: 'bin/tool', kind: 'file', content: Buffer.from('five!'), mode: 0o755},
  {path: 'bin/sh', kind: 'link', to: 'tool'},
] as const;

test('the archive’s members begin with the magic number at multiples of four', t => {
  const archive = newcArchive(entries);
  const places = [...archive.toString('latin1').matchAll(/070701/gu)].map(({index}) => index);
  t.is(places.length, 4);
  t.true(places.every(place => place % 4 === 0));
  t.true(archive.includes('TRAILER!!!'));
});

test('equal entries give equal bytes', t => {
  t.deepEqual(newcArchive(entries), newcArchive(entries));
});

const hasCpio = spawnSync('cpio', ['--version']).status === 0;
(hasCpio ? test : test.skip)('cpio reads what was written', t => {
  const {stdout} = spawnSync('cpio', ['-itv', '--quiet'], {input: newcArchive(entries), encoding: 'utf8'});
  const lines = stdout.trim().split('\n');
  t.regex(lines[0] ?? '', /^drwxr-xr-x .* bin$/u);
  t.regex(lines[1] ?? '', /^-rwxr-xr-x .* 5 .* bin\/tool$/u);
  t.regex(lines[2] ?? '', /^lrwxrwxrwx .* bin\/sh -> tool$/u);
});
