import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

import test from 'ava';

import {shellWord} from '../src/index.ts';

test('a shell reads each word as it is, whatever it holds', async t => {
  const words = ['web', 'my vm', "it's", '$(id)', '`id`', 'a=b', '*', '~', '', '東京', 'a\\b', '"', 'a;b', '!x', '#x'];
  const {stdout} = await promisify(execFile)('sh', ['-c', `printf '%s\\n' ${words.map(shellWord).join(' ')}`]);
  t.deepEqual(stdout.split('\n').slice(0, -1), words);
});

test('a plain name stays as it is', t => {
  for (const name of ['aslo-web1', 'wiki.example.org', 'host:newhost/disk', '東京']) t.is(shellWord(name), name);
});
