import type {DomainStanding} from '@dr-toolkit/hosts';
import test from 'ava';

import type {DomainMove} from '../src/index.ts';
import {placeOf, whereabouts, type Whereabouts} from '../src/whereabouts.ts';
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
test('known to neither', isAt, undefined, undefined, 'nowhere');

async function withSilentTarget({state, stateReason}: Stands): Promise<Whereabouts['at']> {
  const {alder, birch} = new TwoHosts().with('web', {state, stateReason});
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
