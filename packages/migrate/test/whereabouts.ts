import {type DomainStanding, HostError, type JobReading} from '@dr-toolkit/hosts';
import test from 'ava';

import type {DomainMove} from '../src/index.ts';
import {hostsOf, placeOf, statesText, whereabouts, type Whereabouts} from '../src/whereabouts.ts';
import {TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

type Stands = Pick<DomainStanding, 'state' | 'stateReason'> & Pick<Partial<DomainStanding>, 'job'>;

const works: Stands = {state: 'running', stateReason: 'booted'};
const off: Stands = {state: 'shutoff', stateReason: 'shutdown'};
const arrives: Stands = {state: 'paused', stateReason: 'migration'};
const waits: Stands = {state: 'paused', stateReason: 'user'};

function standing(stands: Stands | undefined): DomainStanding | undefined {
  return stands && {uuid: uuidOf(1), persistent: true, autostart: false, ...stands};
}

const isAt = test.macro({
  exec(t, source: Stands | undefined, target: Stands | undefined, at: Whereabouts['at']) {
    t.is(placeOf(standing(source), standing(target)), at);
  },
  title: (situation = '', _source: Stands | undefined, _target: Stands | undefined, at: Whereabouts['at']) =>
    `${situation}: ${at}`,
});

test('running here, unknown there', isAt, works, undefined, 'source');
test('running here, arriving there without a job', isAt, works, arrives, 'source');
test('a job moves it', isAt, {...works, job: 'migration-out'}, arrives, 'between');
test('let go of here, running there', isAt, off, works, 'target');
test('running on both', isAt, works, works, 'both');
test('paused here, running there', isAt, arrives, works, 'unclear');
test('paused here, paused there', isAt, arrives, arrives, 'unclear');
test('gone here, not started there', isAt, undefined, arrives, 'unclear');
test('running here, paused there by somebody', isAt, works, waits, 'unclear');
test('paused here, and the target says that it has nothing', isAt, arrives, undefined, 'source');
test('paused for its move here, and off there after it arrived', isAt, arrives, off, 'unclear');
test('paused here by somebody, off there', isAt, waits, off, 'source');
test('paused here, being started there', isAt, waits, {state: 'paused', stateReason: 'starting-up'}, 'unclear');
test('gone here, paused there by somebody', isAt, undefined, waits, 'target');
test('off here, paused there by somebody', isAt, off, waits, 'target');
test('off here, arriving there', isAt, off, arrives, 'unclear');
test('running here, being started there', isAt, works, {state: 'paused', stateReason: 'starting-up'}, 'source');
test('crashed here, running there', isAt, {state: 'crashed', stateReason: 'panicked'}, works, 'target');
test('crashed here, unknown there', isAt, {state: 'crashed', stateReason: 'panicked'}, undefined, 'off');
test('in a state that nobody knows here, running there', isAt, {state: 'unknown', stateReason: '?'}, works, 'unclear');
test('another job here', isAt, {...works, job: 'backup'}, undefined, 'source');
test('known to neither', isAt, undefined, undefined, 'nowhere');

function jobOf(operation: string): JobReading {
  return {operation, elapsedMs: 1, processedBytes: 1, totalBytes: 2, memoryBytes: 0, bytesPerSecond: 1};
}

async function withSilentTarget({state, stateReason, job}: Stands): Promise<Whereabouts['at']> {
  const {alder, birch} = new TwoHosts().with('web', {
    state,
    stateReason,
    job: job === undefined ? undefined : jobOf(job),
  });
  birch.reachable = 'no';
  const move = {uuid: uuidOf(1), from: 'alder', to: 'birch'} as DomainMove;
  return (await whereabouts(move, {source: alder, target: birch})).at;
}

test('a source that runs needs no word of its target', async t => {
  t.is(await withSilentTarget(works), 'source');
});

test('a source that a move left paused is not judged without a word of its target', async t => {
  t.is(await withSilentTarget(arrives), 'unclear');
});

test('a move is seen, and a source that is shut off is not judged, without a word of the target', async t => {
  t.is(await withSilentTarget({...works, job: 'migration-out'}), 'between');
  t.is(await withSilentTarget(off), 'unclear');
});

test('only silence is what a target may answer with: another failure is told', async t => {
  const {alder, birch} = new TwoHosts().with('web');
  birch.readDomain = () => Promise.reject(new HostError('FAILED', 'birch: broken', {host: 'birch', hint: ''}));
  const move = {uuid: uuidOf(1), from: 'alder', to: 'birch'} as DomainMove;
  await t.throwsAsync(whereabouts(move, {source: alder, target: birch}), {message: 'birch: broken'});
  birch.readDomain = () => Promise.reject(new TypeError('a mistake'));
  await t.throwsAsync(whereabouts(move, {source: alder, target: birch}), {instanceOf: TypeError});
});

test('the evidence tells the state, what has no definition, and the job', async t => {
  const {alder, birch} = new TwoHosts().with('web', {persistent: false, job: jobOf('migration-out')});
  const move = {uuid: uuidOf(1), from: 'alder', to: 'birch'} as DomainMove;
  const where = await whereabouts(move, {source: alder, target: birch});
  t.is(statesText(where), 'alder: running (booted), transient, job migration-out; birch: not there');
});

test('a host that the run has not opened is named', t => {
  const {hosts} = new TwoHosts();
  t.throws(() => hostsOf({from: 'alder', to: 'cedar'}, {hosts}), {code: 'UNKNOWN_HOST', message: /cedar/u});
});
