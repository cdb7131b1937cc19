import {mock} from 'node:test';
import test from 'ava';
import type {StepContext} from '@dr-toolkit/engine';
import {type CallOptions, HostError, type VolumePiece} from '@dr-toolkit/hosts';

import {copyOffline} from '../src/copy-offline.ts';
import {prepareTarget} from '../src/prepare-target.ts';
import {guestXml, type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;
const nvram = '/var/lib/libvirt/qemu/nvram/web.fd';

/** A domain that is shut off, with everything prepared for its copy. */
async function prepared(spec: GuestSpec = {}) {
  const two = new TwoHosts().with('web', {state: 'shutoff', ...spec});
  const {moves, findings} = await two.plan();
  const [move] = moves;
  if (!move) throw new Error(JSON.stringify(findings));
  const stop = new AbortController();
  const context = two.contextFor('web/move', {signal: stop.signal});
  await prepareTarget(move, {source: two.alder, target: two.birch}, context);
  return {
    two,
    stop,
    move,
    inspect: () => copyOffline.inspect(move, context),
    copy: async (progress: StepContext['progress'] = () => {}) => copyOffline.perform(move, {...context, progress}),
  };
}

test('a copy that does not read like its original is not defined, and goes', async t => {
  const {two, copy} = await prepared();
  const write = two.birch.writeVolume.bind(two.birch);
  two.birch.writeVolume = async (path, pieces, options) => {
    await write(path, pieces, options);
    two.birch.files.write(path, {offset: 1, data: Buffer.from('rot')});
  };
  await t.throwsAsync(copy(), {code: 'COPY_DIFFERS', message: /web\.qcow2 on birch does not read like/u});
  t.deepEqual([two.knownTo(), two.birch.files.paths], [['alder'], []]);
});

test('a domain that is started while it is copied is not defined on the target, and the copy goes', async t => {
  const {two, copy} = await prepared();
  const starts = () => Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {state: 'running'});
  await t.throwsAsync(copy(starts), {code: 'SOURCE_STATE', message: /not simply shut off on alder/u});
  t.deepEqual([two.knownTo(), two.runsOn(), two.birch.files.paths], [['alder'], ['alder'], []]);
});

test('a domain that runs is not copied', async t => {
  const {two, copy} = await prepared();
  Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {state: 'running'});
  await t.throwsAsync(copy(), {code: 'SOURCE_STATE'});
  t.false(two.birch.acts.includes(`write ${disk}`));
});

test('what the target knows already is not copied over', async t => {
  const {two, copy} = await prepared();
  two.birch.add(guestXml('web'), {state: 'shutoff', stateReason: 'shutdown'});
  await t.throwsAsync(copy(), {code: 'SOURCE_STATE'});
  t.false(two.birch.acts.includes(`write ${disk}`));
  t.true(two.birch.files.paths.includes(disk));
});

test('NVRAM goes along, and of a domain that never ran there is none', async t => {
  const os = `<nvram>${nvram}</nvram>`;
  const never = await prepared({os});
  await never.copy();
  t.false(never.two.birch.files.paths.includes(nvram));
  const {two, copy} = await prepared({os});
  two.alder.files.create({path: nvram, format: 'raw', capacityBytes: 9});
  two.alder.files.write(nvram, {offset: 0, data: Buffer.from('variables')});
  await copy();
  const pieces: VolumePiece[] = [...two.birch.files.read(nvram)];
  t.deepEqual(
    pieces.map(piece => 'data' in piece && Buffer.from(piece.data).toString()),
    ['variables'],
  );
});

test('a copy that fails says why and what to do, though what it began cannot be taken away', async t => {
  const {two, copy} = await prepared();
  two.birch.writeVolume = () => {
    two.birch.reachable = 'no';
    return Promise.reject(new HostError('DISK_FULL', 'birch: full', {host: 'birch', hint: 'Make room'}));
  };
  const error = await t.throwsAsync<Error & {code?: string; hint?: string}>(copy());
  t.like(error, {
    code: 'MOVE_FAILED',
    message: 'web was not moved and is shut off on alder: birch: full',
    hint: 'Make room',
  });
});

test('it is defined on its target as it would be started next', async t => {
  const {two, copy} = await prepared();
  const next = guestXml('web').replace('<vcpu>1<', '<vcpu>2<');
  const forms: Array<string | undefined> = [];
  two.alder.definition = async (_uuid, {form}: CallOptions & {readonly form?: string}) => {
    forms.push(form);
    return next;
  };
  await copy();
  t.deepEqual([...new Set(forms)], ['persistent']);
  t.regex(two.birch.domains.get(uuidOf(1))?.xml ?? '', /<vcpu>2</u);
});

/** Pieces of which each comes after 40 seconds. */
async function* slowly(pieces: Iterable<VolumePiece>): AsyncGenerator<VolumePiece> {
  for (const piece of pieces) {
    mock.timers.tick(40_000);
    yield piece;
  }
}

test.serial('a copy that moves slowly is not given up, neither on its way nor when it is compared', async t => {
  mock.timers.enable({apis: ['setTimeout']});
  t.teardown(() => mock.timers.reset());
  const {two, copy} = await prepared();
  for (const offset of [1000, 2000, 3000]) two.alder.files.write(disk, {offset, data: Buffer.from('more')});
  for (const host of [two.alder, two.birch]) host.readVolume = path => slowly(host.files.read(path));
  t.like(await copy(), {mode: 'offline', copiedBytes: 16});
});

test.serial('a copy that stands still is given up after a minute, and its call told to end', async t => {
  mock.timers.enable({apis: ['setTimeout']});
  t.teardown(() => mock.timers.reset());
  const {two, copy} = await prepared();
  let told: AbortSignal | undefined;
  two.birch.writeVolume = (_path, _pieces, {signal}: CallOptions) => {
    told = signal;
    mock.timers.tick(60_000);
    return new Promise(() => {});
  };
  await t.throwsAsync(copy(), {code: 'MOVE_FAILED', message: /Nothing has moved for 60 s/u});
  t.true(told?.aborted);
});

test('its progress counts the bytes of all its files, holes too', async t => {
  const {two, copy} = await prepared({os: `<nvram>${nvram}</nvram>`});
  two.alder.files.create({path: nvram, format: 'raw', capacityBytes: 9});
  const told: Array<Parameters<StepContext['progress']>[0]> = [];
  await copy(progress => told.push(progress));
  const total = 9 + (two.alder.files.find(disk)?.lengthBytes ?? 0);
  t.like(
    told.findLast(progress => progress.bytesTotal !== undefined),
    {fraction: 1, bytesDone: total, bytesTotal: total},
  );
});

test('an abort leaves the domain shut off on its source, and says so', async t => {
  const {two, stop, copy} = await prepared();
  await t.throwsAsync(
    copy(() => stop.abort(new Error('enough'))),
    {code: 'ABORTED', message: 'web was not moved and is shut off on alder: aborted'},
  );
  t.deepEqual([two.knownTo(), two.birch.files.paths], [['alder'], []]);
});

test('it is done where the target knows the domain, and to be done where only the source does', async t => {
  const {two, inspect, copy} = await prepared();
  t.like(await inspect(), {state: 'pending'});
  await copy();
  t.like(await inspect(), {state: 'done'});
  two.alder.domains.clear();
  t.like(await inspect(), {state: 'done'}, 'as after the source was retired');
});

test('a domain that runs on its source is still to be copied, and one that runs on the target is for a person', async t => {
  const {two, inspect} = await prepared();
  Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {state: 'running'});
  t.like(await inspect(), {state: 'pending'});
  two.alder.domains.clear();
  two.birch.add(guestXml('web'));
  t.like(await inspect(), {state: 'unknown', why: 'web was shut off and should be still'});
});

test('a disk that is another one since its move was planned is not copied', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const {plan} = await two.plan();
  const web = two.alder.domains.get(uuidOf(1));
  if (!plan || !web) return t.fail();
  web.xml = web.xml.replace(disk, `${images}/web.snapshot`);
  await t.throwsAsync(two.perform(plan), {
    code: 'SOURCE_STATE',
    message: /vda of web is \S+web\.snapshot on alder now/u,
  });
  t.deepEqual([two.knownTo(), two.birch.files.paths], [['alder'], []]);
  return undefined;
});
