import test from 'ava';
import {connectWhenUsed} from '../src/connection.ts';

test('a connection that is made when it is used says who did not answer in time', async t => {
  await using connection = connectWhenUsed('qemu+ext://alder/system?command=/bin/cat', {connectMsMax: 1});
  await t.throwsAsync(connection.hostname(), {code: 'CONNECT_FAILED', message: 'alder did not answer within 1 ms'});
});

test('a cancel ends the waiting with its own reason', async t => {
  await using connection = connectWhenUsed('qemu+ext://alder/system?command=/bin/cat');
  const reason = new Error('enough');
  t.is(await t.throwsAsync(connection.hostname({signal: AbortSignal.abort(reason)})), reason);
});

test('it is tried again at the next call', async t => {
  await using connection = connectWhenUsed('qemu+unix:///system?socket=/nonexistent/socket');
  await t.throwsAsync(connection.hostname(), {code: 'CONNECT_FAILED'});
  await t.throwsAsync(connection.hostname(), {code: 'CONNECT_FAILED'});
});
