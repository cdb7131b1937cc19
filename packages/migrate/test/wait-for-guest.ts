import test from 'ava';

import {waitForGuest} from '../src/wait-for-guest.ts';

const move = {uuid: 'uuid-1', domain: 'web', from: 'alder', to: 'birch'};
const patience = {pollMs: 1, agentMs: 0, guestMs: 0};
/** Without a network device named, this is nobody's address. */
const nobody = 'fe80::1';

const agentThat = (...answers: boolean[]) => ({pingAgent: async () => answers.shift() ?? false});

test('an agent that answers is enough, be it later', async t => {
  const answered = {by: 'agent', addresses: []} as const;
  t.is(await waitForGuest({...move, answered}, agentThat(false, false, true), {pollMs: 1}), 'its agent answers');
});

test('when the agent stays silent, an answer from an address of the guest is enough, and is told as such', async t => {
  const answered = {by: 'agent', addresses: [nobody, '127.0.0.1']} as const;
  const told = await waitForGuest({...move, answered}, agentThat(false), patience);
  t.is(told, '127.0.0.1 answers, its agent does not');
});

test('a guest that answers in no way is told with what to do', async t => {
  const answered = {by: 'agent', addresses: [nobody]} as const;
  const error = await t.throwsAsync(waitForGuest({...move, answered}, agentThat(), patience), {code: 'GUEST_SILENT'});
  t.regex(error?.message ?? '', /^web runs on birch, but its agent, which answered before, has been silent/u);
});

test('a guest without an agent answers at the address where it did before', async t => {
  const answered = {by: 'address', address: '127.0.0.1'} as const;
  t.is(await waitForGuest({...move, answered}, agentThat(), patience), '127.0.0.1 answers');
});

test('a stop ends the wait', async t => {
  const answered = {by: 'agent', addresses: []} as const;
  const wait = waitForGuest({...move, answered}, agentThat(), {signal: AbortSignal.timeout(1), pollMs: 60_000});
  await t.throwsAsync(wait, {name: 'AbortError'});
});
