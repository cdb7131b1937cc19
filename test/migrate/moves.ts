import anyTest, {type TestFn} from 'ava';
import {deleteKept, keptDisks} from '@dr-toolkit/hosts';
import {askGuest} from '@dr-toolkit/lab';
import {migrationSummary, type SummaryRow} from '@dr-toolkit/migrate';

import {countedPast} from '../fixtures/counted-past.ts';
import {labRig, type Migration, type Rig} from './fixtures/lab-migration.ts';
import {ranOn} from '../fixtures/ran-on.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;
const images = '/var/lib/libvirt/images';

test.before(async t => {
  t.timeout(540_000);
  t.context.rig = await labRig({vms: 4});
});

test.after.always(async t => t.context.rig?.close());

function summaryOf({moves, plan, outcome}: Migration): SummaryRow[] {
  const steps = (plan?.steps ?? []).map(({id, kind, args}) => {
    const {state = 'pending', result} = outcome?.steps[id] ?? {};
    return {id, kind, args, state, result};
  });
  return migrationSummary(moves, steps);
}

async function allocatedKib(rig: Rig, host: string, file: string): Promise<number> {
  return Number((await rig.shell(host, `stat -c %b ${images}/${file}`)).trim()) / 2;
}

test('all running domains move live with their disks, and keep running', async t => {
  const {rig} = t.context;
  const guests = await rig.lab.guests();
  const before = await Promise.all(guests.map(({address}) => askGuest(address)));
  await rig.shell(
    'sunjammer',
    'virsh autostart aslo-web1; virsh desc aslo-web1 --live --config --title "first web"; virsh desc aslo-web1 --live --config "serves pages"',
  );

  const migration = await rig.migrate();
  t.deepEqual(migration.failures, []);
  t.is(migration.outcome?.status, 'done');
  for (const {name} of guests) t.deepEqual(await rig.places(name), {newhost: 'running'});
  for (const [index, guest] of guests.entries()) {
    await countedPast(guest.address, before[index]?.counter ?? 0);
    t.true(await ranOn(rig.lab, guest, before[index]?.boot_id ?? ''), `${guest.name} was not started anew`);
  }

  const [info, xml] = [
    await rig.shell('newhost', 'virsh dominfo aslo-web1'),
    await rig.shell('newhost', 'virsh dumpxml aslo-web1 --inactive'),
  ];
  t.regex(info, /Autostart: +enable/u);
  t.regex(info, /Persistent: +yes/u);
  t.regex(xml, /<title>first web<\/title>/u);
  t.regex(xml, /<description>serves pages<\/description>/u);
  t.notRegex(xml, /detect_zeroes/u);
  t.true(xml.includes(guests.find(({name}) => name === 'aslo-web1')?.mac ?? 'no such guest'));

  for (const row of summaryOf(migration)) {
    t.is(row.state, 'moved');
    t.true(row.seen.includes('its agent answers'), row.domain);
    t.true((row.downtimeMs ?? 0) > 0 && (row.seconds ?? 0) > 0 && (row.copiedBytes ?? 0) > 0);
  }
});

test('the sources are marked and kept, and cleaning frees them', async t => {
  const {rig} = t.context;
  const source = rig.hosts.get('sunjammer') ?? t.fail();
  const kept = await keptDisks(source);
  t.deepEqual(
    kept.map(({domain, movedTo}) => [domain, movedTo]),
    [
      ['aslo-db', 'newhost'],
      ['aslo-proxy', 'newhost'],
      ['aslo-web1', 'newhost'],
      ['aslo-web2', 'newhost'],
    ],
  );
  t.is((await rig.shell('newhost', `ls ${images} | grep dr- || true`)).trim(), '', 'no notes beside the living disks');

  const back = await rig.migrate({from: 'newhost', to: 'sunjammer', domains: ['aslo-db']});
  t.deepEqual(
    back.findings.filter(({severity}) => severity === 'blocks').map(({code}) => code),
    ['KEPT_DISK'],
  );
  t.is(back.plan, undefined);

  for (const disk of kept) await deleteKept(source, disk);
  t.is((await rig.shell('sunjammer', `ls ${images}`)).trim(), '');
});

test('a move that dr drives itself needs no way from daemon to daemon', async t => {
  const {rig} = t.context;
  const {outcome, failures, plan} = await rig.migrate({
    from: 'newhost',
    to: 'sunjammer',
    domains: ['aslo-db'],
    through: 'client',
  });
  t.deepEqual(failures, []);
  t.like(outcome?.steps[plan?.steps[1]?.id ?? '']?.result, {through: 'client'});
  t.deepEqual(await rig.places('aslo-db'), {sunjammer: 'running'});
});

test('daemons that cannot reach each other are no obstacle', async t => {
  const {rig} = t.context;
  const {outcome, failures, plan} = await rig.migrate({
    from: 'newhost',
    to: 'sunjammer',
    domains: ['aslo-proxy'],
    route: {targetUri: 'qemu+tcp://sunjammer:9/system'},
  });
  t.deepEqual(failures, []);
  t.like(outcome?.steps[plan?.steps[1]?.id ?? '']?.result, {through: 'client'});
  t.deepEqual(await rig.places('aslo-proxy'), {sunjammer: 'running'});
});

test('a domain that is shut off is copied, compared and defined', async t => {
  const {rig} = t.context;
  await rig.shell('newhost', 'virsh destroy aslo-web2; virsh autostart aslo-web2');
  const sum = async (host: string) => (await rig.shell(host, `sha256sum < ${images}/aslo-web2.qcow2`)).trim();
  const before = await sum('newhost');
  const {failures, outcome} = await rig.migrate({
    from: 'newhost',
    to: 'sunjammer',
    domains: ['aslo-web2'],
    sourceDisks: 'delete',
  });
  t.deepEqual(failures, []);
  t.is(outcome?.status, 'done');
  t.deepEqual(await rig.places('aslo-web2'), {sunjammer: 'shut off'});
  t.is(await sum('sunjammer'), before);
  t.regex(await rig.shell('sunjammer', 'virsh dominfo aslo-web2'), /Autostart: +enable/u);
  t.is((await rig.shell('newhost', `ls ${images} | grep web2 || true`)).trim(), '');
});

for (const format of ['qcow2', 'raw'] as const) {
  test(`a ${format} disk of 10 GiB with 200 MiB of data does not arrive as 10 GiB`, async t => {
    const {rig} = t.context;
    const file = `big.${format}`;
    await rig.shell(
      'newhost',
      `cd ${images} && qemu-img create -f ${format} ${file} 10G && qemu-io -f ${format} -c 'write -P 7 1G 200M' ${file} && virsh attach-disk aslo-web1 ${images}/${file} vdb --subdriver ${format} --persistent`,
    );
    const {failures} = await rig.migrate({from: 'newhost', to: 'sunjammer', domains: ['aslo-web1']});
    t.deepEqual(failures, []);
    const kib = await allocatedKib(rig, 'sunjammer', file);
    t.log(
      `${format}: ${(kib / 1024).toFixed(0)} MiB on disk, as on its source: ${((await allocatedKib(rig, 'newhost', file)) / 1024).toFixed(0)} MiB`,
    );
    t.true(kib >= 200 * 1024 && kib < 300 * 1024, `${kib} KiB`);
    t.regex(await rig.shell('sunjammer', `qemu-img info -U ${images}/${file}`), /virtual size: 10 GiB/u);

    // Home again, for the next one.
    await rig.shell('sunjammer', `virsh detach-disk aslo-web1 vdb --persistent; rm -f ${images}/${file}`);
    const home = await rig.migrate({
      from: 'sunjammer',
      to: 'newhost',
      domains: ['aslo-web1'],
      keptDisks: 'replace',
      sourceDisks: 'delete',
    });
    t.deepEqual(home.failures, []);
  });
}
