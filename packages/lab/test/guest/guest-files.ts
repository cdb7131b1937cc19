import {spawnSync} from 'node:child_process';
import test from 'ava';
import {commonFiles, identityFiles, initScript} from '../../src/guest/guest-files.ts';

test('a guest’s address stands in a file of its own disk', t => {
  const files = identityFiles({name: 'wiki', address: '10.78.1.105', gateway: '10.78.1.1'});
  const interfaces = files.find(({path}) => path === 'etc/network/interfaces')?.text ?? '';
  t.regex(interfaces, /^\s+address 10\.78\.1\.105$/mu);
  t.is(files.find(({path}) => path === 'etc/hostname')?.text, 'wiki\n');
});

const scripts = [{path: 'init', text: initScript}, ...commonFiles.filter(({text}) => text.startsWith('#!/bin/sh'))];
for (const {path, text} of scripts) {
  test(`${path} of a guest is a script the shell can read`, t => {
    t.is(spawnSync('sh', ['-n'], {input: text, encoding: 'utf8'}).stderr, '');
  });
}
