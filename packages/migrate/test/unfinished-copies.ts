import test from 'ava';
import {readDiskNote, removeDiskNote, writeDiskNote} from '@dr-toolkit/hosts';

import {disk, incoming, LeftOver} from './fixtures/left-over.ts';
import {guestXml, type GuestSpec, images, uuidOf} from './fixtures/two-hosts.ts';

const note = `${disk}.dr-incoming`;
const [soon, past] = ['2999-01-01T00:00:00.000Z', '2001-01-01T00:00:00.000Z'];
const foreign = {run: 'theirs', controller: 'mallow:1#1', token: 9, until: soon};

async function givenUp(spec: GuestSpec = {}): Promise<LeftOver> {
  return (await new LeftOver().begun(spec)).ended('failed', ['done', 'failed']);
}

/** What another controller began, long ago. */
async function ofNobodyKnown(spec: GuestSpec = {}): Promise<LeftOver> {
  return (await new LeftOver().begun(spec)).noted({until: past});
}

test('a copy that its run has given up goes, with its note, and nothing else does', async t => {
  const two = await givenUp();
  const before = two.alder.domains.get(uuidOf(1))?.xml;
  const [copy = t.fail(), ...more] = await two.found();
  t.deepEqual(more, []);
  t.like(copy, {host: 'birch', path: disk, note: {domain: 'web', from: 'alder', run: 'run-1'}, keep: undefined});
  await two.delete(copy);
  t.deepEqual(two.birch.files.paths, []);
  t.deepEqual(two.alder.files.paths, [disk]);
  t.is(two.alder.domains.get(uuidOf(1))?.xml, before);
  t.deepEqual(await two.found(), []);
});

test('its note tells until when the claim holds under which it was written', async t => {
  const two = await givenUp();
  const written = await readDiskNote(two.birch, disk, 'incoming');
  t.true(Date.parse(written?.until ?? '') > Date.now());
});

const goes = test.macro({
  async exec(t, make: () => Promise<LeftOver>) {
    const two = await make();
    const [copy = t.fail()] = await two.found();
    t.is(copy.keep, undefined);
    await two.delete(copy);
    t.deepEqual(two.birch.files.paths, []);
  },
  title: situation => `it goes: ${situation}`,
});
test('its domain is off where it always was, and never worked on the target', goes, () => givenUp({state: 'shutoff'}));
test('its run is not known, has had its time, and the domain works elsewhere', goes, () => ofNobodyKnown());
test('its file is gone already', goes, async () => {
  const two = await givenUp();
  two.birch.files.delete(disk);
  return two;
});
test('its preparation failed half-way', goes, async () =>
  (await new LeftOver().begun()).ended('failed', ['failed', 'skipped']),
);
test('an ended run of this user has left a claim', goes, async () => {
  const two = await givenUp();
  await two.alder.writeClaim(uuidOf(1), {...foreign, run: 'run-1'});
  return two;
});

const stays = test.macro({
  async exec(t, make: () => Promise<LeftOver>, why: RegExp) {
    const two = await make();
    const files = two.birch.files.paths;
    const copy = (await two.found()).find(({host, path}) => host === 'birch' && path === disk) ?? t.fail();
    t.regex(copy.keep ?? 'it would be deleted', why);
    await two.delete(copy);
    t.deepEqual(two.birch.files.paths, files);
  },
  title: situation => `it stays: ${situation}`,
});
const begun =
  (...ended: Parameters<LeftOver['ended']>) =>
  async () =>
    (await new LeftOver().begun()).ended(...ended);
test('its run is at work', stays, begun('running', ['done', 'running']), /run run-1 is at work: dr show run-1/u);
test('its run crashed', stays, begun('crashed', ['done', 'running']), /crashed and may go on \(dr resume run-1\)/u);
test('its run was stopped', stays, begun('stopped', ['done', 'cancelled']), /to take it back: dr abort run-1 --undo/u);
test('its run waits for a person', stays, begun('waiting', ['done', 'asking']), /is waiting and may go on/u);
test('its run stopped before this move', stays, begun('failed', ['done', 'pending']), /is failed and may go on/u);
test('its run saw the domain arrive', stays, begun('done', ['done', 'done']), /saw web arrive on birch/u);
test('its run is not known, and has time left', stays, () => new LeftOver().begun(), /may be at work until \d{4}-/u);
test(
  'its run is not known, and says of no end',
  stays,
  async () => (await new LeftOver().begun()).noted({}),
  /may be at work still/u,
);
test(
  'its run is not known, and the domain works nowhere',
  stays,
  () => ofNobodyKnown({state: 'shutoff'}),
  /web is shutoff on alder, and whether this copy is newer cannot be told/u,
);
test(
  'its domain is off because it migrated',
  stays,
  async () => {
    const two = await givenUp({state: 'shutoff'});
    Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {stateReason: 'migrated'});
    return two;
  },
  /newer cannot be told/u,
);
test(
  'where its domain ran could not be told, and it is off',
  stays,
  async () => (await new LeftOver().begun({state: 'shutoff'})).ended('failed', ['done', 'failed'], 'UNCLEAR'),
  /newer cannot be told/u,
);
test(
  'its domain is not where it was',
  stays,
  async () => {
    const two = await givenUp();
    two.alder.domains.clear();
    return two;
  },
  /no other host has web: this may be its last copy/u,
);
test(
  'the target knows its domain',
  stays,
  async () => {
    const two = await givenUp();
    two.birch.add(guestXml('web', {disk: `${images}/other.qcow2`}), {state: 'shutoff'});
    return two;
  },
  /birch knows web: dr status birch/u,
);
test(
  'another domain uses the file',
  stays,
  async () => {
    const two = await givenUp();
    two.birch.add(guestXml('clone', {number: 2, disk}));
    return two;
  },
  /in use by clone/u,
);
test(
  'another domain boots from it',
  stays,
  async () => {
    const two = await givenUp();
    two.birch.add(guestXml('clone', {number: 2, disk: `${images}/2.qcow2`, os: `<kernel>${disk}</kernel>`}));
    return two;
  },
  /in use by clone/u,
);
test(
  'its domain runs from it on another host, by shared storage',
  stays,
  async () => {
    const two = await givenUp();
    two.alder.add(guestXml('web', {disk: '/srv/nas/web.qcow2'}));
    await writeDiskNote(two.alder, '/srv/nas/web.qcow2', incoming);
    return two;
  },
  /in use by web on alder/u,
);
test(
  'somebody uses it on another host, by shared storage',
  stays,
  async () => {
    const two = await givenUp();
    two.alder.add(guestXml('clone', {number: 2, disk: `${images}/shown.qcow2`}));
    await writeDiskNote(two.alder, `${images}/shown.qcow2`, incoming);
    return two;
  },
  /in use by clone/u,
);
test(
  'it is marked as kept, too',
  stays,
  async () => {
    const two = await givenUp();
    const kept = {kind: 'kept' as const, uuid: uuidOf(1), domain: 'web', movedTo: 'alder', movedAt: past, run: 'old'};
    await writeDiskNote(two.birch, disk, kept);
    return two;
  },
  /marked as a kept disk, too/u,
);
test(
  'another controller holds its domain',
  stays,
  async () => {
    const two = await givenUp();
    await two.alder.writeClaim(uuidOf(1), foreign);
    return two;
  },
  /web on alder is held by run theirs of mallow:1#1/u,
);
test(
  'another controller held its domain, and may be dead',
  stays,
  async () => {
    const two = await ofNobodyKnown();
    await two.alder.writeClaim(uuidOf(1), {...foreign, until: past});
    return two;
  },
  /is held by run theirs/u,
);
test(
  'a job is under way on its domain',
  stays,
  async () => {
    const two = await givenUp();
    const web = two.alder.domains.get(uuidOf(1));
    if (web) web.job = {...nothing, operation: 'migration-out'};
    return two;
  },
  /web is running on alder, job migration-out/u,
);
test(
  'another domain uses the NVRAM that was begun along with it',
  stays,
  async () => {
    const two = await givenUp({os: '<nvram>/nvram/web.fd</nvram>'});
    two.birch.add(guestXml('clone', {number: 2, disk: `${images}/2.qcow2`, os: '<nvram>/nvram/web.fd</nvram>'}));
    return two;
  },
  /in use by clone/u,
);
test('nobody can tell how its domain is', stays, () => givenUp({state: 'unknown'}), /web is unknown on alder/u);
test('its domain is paused', stays, () => givenUp({state: 'paused', stateReason: 'user'}), /web is paused on alder/u);
test(
  'a host of the estate does not answer',
  stays,
  async () => {
    const two = await givenUp();
    two.alder.reachable = 'no';
    return two;
  },
  /alder does not answer, and may use it/u,
);
test(
  'its note cannot be read',
  stays,
  async () => {
    const two = await givenUp();
    two.birch.files.write(note, {offset: 0, data: Buffer.from('{"fo')});
    return two;
  },
  /its note cannot be read/u,
);

const nothing = {elapsedMs: 0, processedBytes: 0, totalBytes: 0, memoryBytes: 0, bytesPerSecond: 0};

const changes = test.macro({
  async exec(t, meanwhile: (two: LeftOver) => Promise<unknown>, code: string) {
    const two = await givenUp();
    const [copy = t.fail()] = await two.found();
    t.is(copy.keep, undefined);
    await meanwhile(two);
    await t.throwsAsync(two.delete(copy), {code});
    t.true(two.birch.files.paths.includes(disk));
  },
  title: situation => `nothing is deleted when ${situation} since it was judged`,
});
test('another controller claimed the domain', changes, two => two.alder.writeClaim(uuidOf(1), foreign), 'CLAIMED');
test('another run began to copy', changes, two => two.noted({run: 'run-2'}), 'UNCLEAR');
test('the note went', changes, two => removeDiskNote(two.birch, disk, 'incoming'), 'UNCLEAR');
test('the domain arrived', changes, async two => two.birch.add(guestXml('web')), 'UNCLEAR');
test(
  'a move of the domain began',
  changes,
  async two => Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {job: {...nothing, operation: 'migration-out'}}),
  'UNCLEAR',
);
test(
  'the domain arrived in the very moment,',
  changes,
  async two => {
    const write = two.alder.writeClaim.bind(two.alder);
    two.alder.writeClaim = async (...args) => {
      await write(...args);
      two.birch.add(guestXml('web'));
    };
  },
  'UNCLEAR',
);
test('the domain went', changes, async two => two.alder.domains.clear(), 'UNCLEAR');
test('the source fell silent', changes, async two => (two.alder.reachable = 'no'), 'HOST_UNREACHABLE');

test('while it is deleted its domain is claimed, so that no run begins to copy into it', async t => {
  const two = await givenUp();
  const [copy = t.fail()] = await two.found();
  const during: Array<string | undefined> = [];
  const deleteVolume = two.birch.deleteVolume.bind(two.birch);
  two.birch.deleteVolume = async (path, options) => {
    during.push((await two.alder.readClaim(uuidOf(1)))?.run);
    await deleteVolume(path, options);
  };
  await two.delete(copy);
  t.is(during.length, 2);
  for (const run of during) t.regex(run ?? 'nobody', /^clean-/u);
  t.is(await two.alder.readClaim(uuidOf(1)), undefined);
});

test('NVRAM that was begun along with it goes along, and is told once', async t => {
  const nvram = '/var/lib/libvirt/qemu/nvram/web_VARS.fd';
  const two = await givenUp({os: `<nvram>${nvram}</nvram>`, state: 'shutoff'});
  two.birch.files.create({path: nvram, format: 'raw', capacityBytes: 8});
  const [copy = t.fail(), ...more] = await two.found();
  t.deepEqual(more, []);
  t.is(copy.nvram, nvram);
  await two.delete(copy);
  t.deepEqual(two.birch.files.paths, []);
});

test("a claim that came in place of the deletion's own stays", async t => {
  const two = await givenUp();
  const [copy = t.fail()] = await two.found();
  const remove = two.birch.deleteVolume.bind(two.birch);
  two.birch.deleteVolume = async (...args) => {
    await remove(...args);
    await two.alder.writeClaim(uuidOf(1), foreign);
  };
  await two.delete(copy);
  t.deepEqual(await two.alder.readClaim(uuidOf(1)), foreign);
});

test('a copy is judged by how its own domain fared, not by another one of the same run', async t => {
  const two = new LeftOver().with('db', {number: 2});
  await two.begun();
  const {plan1: plan} = two;
  // The first four steps are those of db, which failed; web was only prepared.
  t.is(plan?.steps.length, 8);
  const own = (plan?.steps ?? []).toSorted((a, b) => Number(a.id.startsWith('web')) - Number(b.id.startsWith('web')));
  if (plan) two.plan1 = {...plan, steps: own};
  two.ended('failed', ['done', 'failed']);
  await writeDiskNote(two.birch, disk, incoming);
  const copy = (await two.found()).find(({path}) => path === disk);
  t.regex(copy?.keep ?? 'it would be deleted', /may go on/u);
});
