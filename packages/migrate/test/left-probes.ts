import test from 'ava';
import type {RunView} from '@dr-toolkit/engine';
import {type DiskNote, readInventory, writeDiskNote} from '@dr-toolkit/hosts';

import {deleteProbe, type LeftProbe, leftProbes} from '../src/index.ts';
import {images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;
const past = '2001-01-01T00:00:00.000Z';
const probe = {kind: 'probe', uuid: uuidOf(1), domain: 'web', run: 'run-1', mark: 'm'} satisfies DiskNote;

async function left(given: {readonly until?: string} = {}, two = new TwoHosts().with('web')) {
  two.birch.files.share(images, two.alder.files);
  await writeDiskNote(two.alder, disk, {...probe, ...given});
  const found = async (state?: RunView['state']): Promise<LeftProbe[]> => {
    const part: Partial<RunView> = {run: 'run-1', ...(state && {state}), steps: []};
    const view = state && (part as RunView);
    return leftProbes(two.hosts, await readInventory(two.hosts.values()), {viewOf: async () => view});
  };
  return {two, found};
}

test('a proof that a run left goes, once for all hosts that see it, and its disk stays', async t => {
  const {two, found} = await left();
  for (const state of ['crashed', 'failed', 'done', 'stopped'] as const) {
    t.deepEqual(
      (await found(state)).map(({host, keep}) => [host, keep]),
      [['alder', undefined]],
    );
  }
  const [one = t.fail()] = await found('crashed');
  await deleteProbe(two.alder, one);
  t.deepEqual(two.alder.files.paths, [disk]);
});

test('it stays while its run is at work, also where that cannot be told', async t => {
  t.regex((await (await left()).found('running'))[0]?.keep ?? '', /is at work/u);
  t.regex((await (await left()).found())[0]?.keep ?? '', /may be at work still/u);
  const old = await left({until: past});
  t.is((await old.found())[0]?.keep, undefined);
  await old.two.alder.writeClaim(uuidOf(1), {
    run: 'run-1',
    controller: 'c',
    token: 1,
    until: '2999-01-01T00:00:00.000Z',
  });
  t.regex((await old.found())[0]?.keep ?? '', /held by run run-1/u);
  await old.two.alder.removeClaim(uuidOf(1));
  old.two.birch.reachable = 'no';
  t.regex((await old.found())[0]?.keep ?? '', /birch does not answer/u);
});

test('one that another run writes anew meanwhile is left to that run', async t => {
  const {two, found} = await left();
  const [one = t.fail()] = await found('crashed');
  await writeDiskNote(two.alder, disk, {...probe, run: 'run-2', mark: 'n'});
  await t.throwsAsync(deleteProbe(two.alder, one), {code: 'CLAIMED'});
  t.is(two.alder.files.paths.length, 2);
});
