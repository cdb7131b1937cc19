import anyTest, {type TestFn} from 'ava';
import {deleteKept, keptDisks} from '@dr-toolkit/hosts';

import {labRig, type Rig} from './fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;
const images = '/var/lib/libvirt/images';
const nvram = '/var/lib/libvirt/qemu/nvram/efi_VARS.fd';
const template = '/usr/share/OVMF/OVMF_VARS_4M.fd';
const consoleLog = '/var/log/libvirt/qemu/efi-console.log';

/** A machine with Debian's UEFI firmware, and a disk without a system: the firmware finds none, says so, and waits. */
const definition = `<domain type='qemu'><name>efi</name><memory unit='MiB'>128</memory>
<os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader><nvram template='${template}'>${nvram}</nvram></os>
<features><acpi/></features><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${images}/efi.qcow2'/><target dev='vda' bus='virtio'/></disk>
<serial type='pty'><log file='${consoleLog}' append='off'/></serial>
</devices></domain>`;

test.before(async t => {
  t.timeout(540_000);
  t.context.rig = await labRig({vms: 0});
});

test.after.always(async t => t.context.rig?.close());

async function must(rig: Rig, host: string, command: string): Promise<string> {
  const {exitCode, stdout, stderr} = await rig.lab.exec(host, ['sh', '-c', command]);
  if (exitCode !== 0) throw new Error(`${host}: ${command}: ${stderr}`);
  return stdout.trim();
}

/** What its NVRAM holds, and what lies beside NVRAM and disk. */
const sum = (rig: Rig, host: string, path = nvram) => must(rig, host, `sha256sum < ${path}`);
const files = async (rig: Rig, host: string) =>
  (await rig.shell(host, `cd ${images}; ls efi* ${nvram}* 2>/dev/null || true`)).trim().split('\n').filter(Boolean);

/** The firmware has written what it writes at a start, and offers its shell. */
async function firmwareIsUp(rig: Rig, host: string): Promise<string> {
  await must(rig, host, `timeout 90 sh -c 'until grep -aq startup.nsh ${consoleLog}; do sleep 0.2; done'`);
  return sum(rig, host);
}

test('a VM with UEFI moves live, and what its firmware has written arrives', async t => {
  const {rig} = t.context;
  const xml = `cat > /run/new.xml <<'END'\n${definition}\nEND`;
  await must(rig, 'sunjammer', `qemu-img create -q -f qcow2 ${images}/efi.qcow2 64M && virsh pool-refresh default`);
  await must(rig, 'sunjammer', `${xml}\nvirsh define /run/new.xml && virsh start efi`);
  const before = await firmwareIsUp(rig, 'sunjammer');
  t.not(before, await sum(rig, 'sunjammer', template));

  const {failures, outcome} = await rig.migrate({domains: ['efi']});
  t.deepEqual(failures, []);
  t.is(outcome?.status, 'done');
  t.deepEqual(await rig.places('efi'), {newhost: 'running'});
  t.is(await sum(rig, 'newhost'), before);
  t.deepEqual(await files(rig, 'newhost'), [nvram, 'efi.qcow2'], 'no note stays beside it');
  t.deepEqual(await files(rig, 'sunjammer'), [nvram, `${nvram}.dr-kept`, 'efi.qcow2', 'efi.qcow2.dr-kept']);
});

test('kept NVRAM is replaced when its VM comes back with what has been written meanwhile', async t => {
  const {rig} = t.context;
  const kept = await sum(rig, 'sunjammer');
  // What the firmware was saying when it arrived is not what it says at a start.
  await must(rig, 'newhost', `virsh reset efi && : > ${consoleLog}`);
  const before = await firmwareIsUp(rig, 'newhost');
  t.not(before, kept, 'a start leaves its mark');
  const way = {from: 'newhost', to: 'sunjammer', domains: ['efi']} as const;
  const {failures} = await rig.migrate({...way, keptDisks: 'replace', sourceDisks: 'delete'});
  t.deepEqual(failures, []);
  t.deepEqual(await rig.places('efi'), {sunjammer: 'running'});
  t.is(await sum(rig, 'sunjammer'), before);
  t.deepEqual(await files(rig, 'sunjammer'), [nvram, 'efi.qcow2']);
  t.deepEqual(await files(rig, 'newhost'), []);
});

test('NVRAM in the place is somebody else’s, and is not written over', async t => {
  const {rig} = t.context;
  await must(rig, 'newhost', `echo foreign > ${nvram}`);
  const {plan, findings} = await rig.migrate({domains: ['efi']});
  t.is(plan, undefined);
  const blocking = findings.filter(({severity}) => severity === 'blocks');
  t.deepEqual(
    blocking.map(({code, message}) => [code, message.includes(nvram)]),
    [['DISK_EXISTS', true]],
  );
  t.is(await must(rig, 'newhost', `cat ${nvram} && rm ${nvram}`), 'foreign');
});

test('a VM with UEFI that is shut off is copied with its NVRAM; what stays goes when it is cleaned up', async t => {
  const {rig} = t.context;
  await must(rig, 'sunjammer', 'virsh destroy efi');
  const before = await sum(rig, 'sunjammer');
  const {failures} = await rig.migrate({domains: ['efi']});
  t.deepEqual(failures, []);
  t.deepEqual(await rig.places('efi'), {newhost: 'shut off'});
  t.is(await sum(rig, 'newhost'), before);
  const sunjammer = rig.hosts.get('sunjammer') ?? t.fail();
  for (const disk of await keptDisks(sunjammer)) await deleteKept(sunjammer, disk);
  t.deepEqual(await files(rig, 'sunjammer'), []);
  await must(rig, 'newhost', 'virsh start efi');
});
