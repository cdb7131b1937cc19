import test from 'ava';
import {run} from '../src/run.ts';

test('programs of root are found by a root whose PATH is that of a plain user, as after su', async t => {
  const pathBefore = process.env['PATH'];
  process.env['PATH'] = '/usr/bin:/bin';
  t.teardown(() => {
    process.env['PATH'] = pathBefore;
  });
  t.regex(await run('ldconfig', ['--version']), /^ldconfig/u);
});
