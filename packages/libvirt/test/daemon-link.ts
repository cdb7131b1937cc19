import test from 'ava';
import {connectWhenUsed} from '../src/connection.ts';
import {FakeHost} from './fixtures/fake-host.ts';

const dom = {name: 'db', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1};

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

test('a connection that ended while it was lent is not lent again', async t => {
  await using host = await FakeHost.up(({name, serial}, daemon) => {
    if (name === 'CONNECT_GET_TYPE') daemon.reply(name, serial, {type: 'QEMU'});
    if (name === 'CONNECT_GET_HOSTNAME') daemon.hangUp();
  });
  await using connection = connectWhenUsed(host.uri);
  await connection.aside(async client => {
    await t.throwsAsync(client.call('CONNECT_GET_HOSTNAME', {}), {code: 'CONNECTION_LOST'});
  });
  t.deepEqual(await connection.aside(client => client.call('CONNECT_GET_TYPE', {})), {type: 'QEMU'});
});

test('guests whose agents do not answer keep no other call waiting', async t => {
  await using host = await FakeHost.up(({name, serial}, daemon) => {
    if (name === 'DOMAIN_LOOKUP_BY_NAME') daemon.reply(name, serial, {dom});
    if (name === 'CONNECT_GET_HOSTNAME') daemon.reply(name, serial, {hostname: 'alder'});
  });
  await using connection = connectWhenUsed(host.uri);
  const db = await connection.domains.lookupByName('db');
  const asked = Array.from({length: 4}, () => [db.agent.hostname(), db.interfaceAddresses('agent')]).flat();
  t.is(await connection.hostname(), 'alder');
  await connection.close();
  t.true((await Promise.allSettled(asked)).every(({status}) => status === 'rejected'));
});
