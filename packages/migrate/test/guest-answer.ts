import {createServer} from 'node:net';
import test from 'ava';

import {addressAnswers, guestAnswer} from '../src/guest-answer.ts';
import {uuidOf} from './fixtures/two-hosts.ts';

const addresses: readonly string[] = [];
const hostWhere = (answers: boolean) => {
  const host = {asked: 0, pingAgent: async () => ((host.asked += 1), answers)};
  return host;
};

test('an agent that has just told its addresses is not asked once more', async t => {
  const host = hostWhere(false);
  const guest = {uuid: uuidOf(1), agent: 'answering', addresses: ['10.0.0.7']} as const;
  t.deepEqual(await guestAnswer(host, guest), {by: 'agent', addresses: ['10.0.0.7']});
  t.is(host.asked, 0);
});

test('one that is only connected is asked', async t => {
  const host = hostWhere(true);
  t.deepEqual(await guestAnswer(host, {uuid: uuidOf(1), agent: 'connected', addresses}), {by: 'agent', addresses});
  t.is(host.asked, 1);
});

test('a guest whose agent is silent and that has no address does not answer', async t => {
  t.is(await guestAnswer(hostWhere(false), {uuid: uuidOf(1), agent: 'connected', addresses}), undefined);
  t.is(await guestAnswer(hostWhere(true), {uuid: uuidOf(1), agent: 'none', addresses}), undefined);
});

test('a refused connection is an answer, as an accepted one is', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const {port} = server.address() as {port: number};
  t.true(await addressAnswers('127.0.0.1', {port}));
  await new Promise(resolve => server.close(resolve));
  t.true(await addressAnswers('127.0.0.1', {port}));
});
