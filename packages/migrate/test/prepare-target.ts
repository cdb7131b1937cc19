import test, {type ExecutionContext} from 'ava';
import {type DiskNote, readDiskNote, type SimulatedHost, writeDiskNote} from '@dr-toolkit/hosts';

import type {DomainMove} from '../src/index.ts';
import {isPrepared, prepareTarget} from '../src/prepare-target.ts';
import {type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;
const nvram = '/var/lib/libvirt/qemu/nvram/web.fd';
const withNvram = {os: `<nvram>${nvram}</nvram>`};

async function planned(spec: GuestSpec = {}) {
  const two = new TwoHosts().with('web', spec);
  const {moves, findings} = await two.plan();
  const [move] = moves;
  if (!move) throw new Error(JSON.stringify(findings));
  const context = two.contextFor('web/prepare');
  const prepare = (changes: Partial<DomainMove> = {}) =>
    prepareTarget({...move, ...changes}, {source: two.alder, target: two.birch}, context);
  return {two, birch: two.birch, move, prepare, context};
}

/** A disk or NVRAM that stayed behind when a domain left this host. */
async function keep(host: SimulatedHost, path: string, uuid: string): Promise<void> {
  host.files.create({path, format: 'raw', capacityBytes: 7});
  const note: DiskNote = {
    kind: 'kept',
    uuid,
    domain: 'web',
    movedTo: 'alder',
    movedAt: '2026-11-22T12:00:00Z',
    run: 'r',
  };
  await writeDiskNote(host, path, note);
}

const untouched = test.macro({
  async exec(t: ExecutionContext, path: string, uuid: string, keptDisks: DomainMove['keptDisks']) {
    const {birch, prepare} = await planned(withNvram);
    await keep(birch, path, uuid);
    await t.throwsAsync(prepare({keptDisks}), {code: 'FILE_IN_THE_WAY'});
    t.deepEqual(birch.files.paths, [path, `${path}.dr-kept`]);
    t.is(birch.files.find(path)?.capacityBytes, 7);
  },
  title: whose => `is not touched, and nothing else stays: ${String(whose)}`,
});
test("another domain's kept disk, though kept disks may be replaced", untouched, disk, uuidOf(9), 'replace');
test('a kept disk of the domain itself, when nobody asked to replace it', untouched, disk, uuidOf(1), 'refuse');
test("another domain's kept NVRAM", untouched, nvram, uuidOf(9), 'replace');

test('NVRAM that nobody calls kept is not touched', async t => {
  const {birch, prepare} = await planned(withNvram);
  birch.files.create({path: nvram, format: 'raw', capacityBytes: 7});
  await t.throwsAsync(prepare(), {code: 'FILE_IN_THE_WAY', message: new RegExp(nvram, 'u')});
  t.deepEqual(birch.files.paths, [nvram]);
});

test('a kept disk that may be replaced goes with its note, and so does NVRAM of the same domain', async t => {
  const {birch, prepare} = await planned(withNvram);
  await keep(birch, disk, uuidOf(1));
  await keep(birch, nvram, uuidOf(1));
  await prepare({keptDisks: 'replace'});
  t.deepEqual(birch.files.paths, [disk, `${disk}.dr-incoming`, `${nvram}.dr-incoming`].toSorted());
  t.like(await readDiskNote(birch, disk, 'incoming'), {uuid: uuidOf(1), from: 'alder', run: 'run-1'});
  t.like(await readDiskNote(birch, nvram, 'incoming'), {uuid: uuidOf(1), from: 'alder', run: 'run-1'});
});

test('a later run makes anew what an earlier one has left', async t => {
  const {two, birch, move, prepare, context} = await planned();
  await prepare();
  birch.files.write(disk, {offset: 0, data: Buffer.from('half a copy')});
  await prepareTarget(move, {source: two.alder, target: birch}, {...context, run: 'run-2'});
  t.is((await readDiskNote(birch, disk, 'incoming'))?.run, 'run-2');
  t.is(birch.files.find(disk)?.allocationBytes, 0);
});

test('an image is made in the format and the compatibility of the original', async t => {
  for (const [format, compat, made] of [
    ['qcow2', undefined, '1.1'],
    ['qcow2', '0.10', '0.10'],
    ['raw', undefined, undefined],
  ] as const) {
    const {birch, move, prepare} = await planned();
    const [{compat: _, ...one} = t.fail()] = move.disks;
    const disks = [{...one, format, ...(compat !== undefined && {compat})}];
    await prepare({disks});
    const file = birch.files.find(disk);
    t.deepEqual([file?.format, file?.compat], [format, made]);
  }
});

test('no file is made while its note is not written', async t => {
  const {birch, prepare} = await planned();
  birch.writeVolume = () => Promise.reject(new Error('no space'));
  await t.throwsAsync(prepare(), {message: 'no space'});
  t.is(birch.files.find(disk), undefined);
});

test('a preparation that fails half-way takes back what it has made', async t => {
  const {birch, prepare} = await planned();
  birch.createVolume = async volume => {
    birch.files.create(volume);
    if (volume.path === disk) throw new Error('no space');
  };
  await t.throwsAsync(prepare(), {message: 'no space'});
  t.deepEqual(birch.files.paths, []);
});

test('a preparation that cannot be taken back fails for its own reason', async t => {
  const {birch, prepare} = await planned();
  birch.createVolume = () => {
    birch.reachable = 'no';
    return Promise.reject(new Error('no space'));
  };
  await t.throwsAsync(prepare(), {message: 'no space'});
});

test('what runs is copied into an image of its own kind, what is off into nothing but holes', async t => {
  const live = await planned();
  await live.prepare();
  t.like(live.birch.files.find(disk), {format: 'qcow2', capacityBytes: live.move.disks[0]?.capacityBytes});
  const off = await planned({state: 'shutoff'});
  await off.prepare();
  t.like(off.birch.files.find(disk), {format: 'raw', lengthBytes: off.move.disks[0]?.lengthBytes});
});

for (const state of ['running', 'shutoff'] as const) {
  test(`the target of a domain that is ${state} is prepared by this run only, and with a file of its size`, async t => {
    const {two, birch, move, prepare} = await planned({state});
    const hosts = {source: two.alder, target: birch};
    const prepared = (run = 'run-1') => isPrepared(move, hosts, {run});
    t.false(await prepared());
    await prepare();
    t.true(await prepared());
    t.false(await prepared('run-2'));
    birch.files.delete(disk);
    t.false(await prepared());
    birch.files.create({path: disk, format: 'raw', capacityBytes: 7});
    t.false(await prepared());
  });
}
