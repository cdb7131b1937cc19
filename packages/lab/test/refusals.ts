import {readFile} from 'node:fs/promises';
import test from 'ava';
import {labPackages, labRefusals, type Machine} from '../src/refusals.ts';

const able: Machine = {
  isRoot: true,
  architecture: 'x64',
  hasProgram: async () => true,
  hasDriver: async () => true,
  canOpen: async () => true,
  canUnshare: async () => true,
  canMakeNetwork: async () => true,
};

test('a machine that has everything is not refused', async t => {
  t.deepEqual(await labRefusals(able), []);
});

test('everything that is missing is told at once, each with a remedy', async t => {
  const refusals = await labRefusals({
    isRoot: false,
    architecture: 'arm64',
    hasProgram: async name => name !== 'libvirtd' && name !== 'qemu-img',
    hasDriver: async () => false,
    canOpen: async () => false,
    canUnshare: async () => false,
    canMakeNetwork: async () => false,
  });
  t.is(refusals.length, 6);
  t.true(refusals.every(({message, remedy}) => message !== '' && remedy !== ''));
});

test('missing programs are told with the packages that bring them', async t => {
  const [refusal] = await labRefusals({...able, hasProgram: async name => !['libvirtd', 'tc'].includes(name)});
  t.is(refusal?.message, 'Programs are missing: libvirtd, tc');
  t.is(refusal?.remedy, 'Install them: apt-get install --no-install-recommends libvirt-daemon iproute2');
});

test('drivers that Debian packs apart from libvirtd are told by their packages', async t => {
  const [refusal] = await labRefusals({...able, hasDriver: async name => name === 'qemu'});
  t.is(refusal?.message, 'libvirtd lacks drivers: network, storage');
  t.regex(refusal?.remedy ?? '', / libvirt-daemon-driver-network libvirt-daemon-driver-storage$/);
});

test('without libvirtd no package is named that an older Debian does not have', async t => {
  const bare = {...able, hasProgram: async (name: string) => name !== 'libvirtd', hasDriver: async () => false};
  const refusals = await labRefusals(bare);
  t.deepEqual(
    refusals.map(({remedy}) => remedy.replace(/^.*recommends /u, '')),
    ['libvirt-daemon', 'libvirt-daemon-driver-qemu'],
  );
});

test('a container without /dev/net/tun is told so', async t => {
  const refusals = await labRefusals({...able, canOpen: async path => path !== '/dev/net/tun'});
  t.is(refusals.length, 1);
  t.regex(refusals[0]?.message ?? '', /\/dev\/net\/tun/);
});

test('namespaces are only tried by root', async t => {
  const tried = {canUnshare: async () => t.fail(), canMakeNetwork: async () => t.fail()};
  const refusals = await labRefusals({...able, isRoot: false, ...tried});
  t.is(refusals.length, 1);
});

test('a container that may not make network devices is told so before anything is made', async t => {
  const refusals = await labRefusals({...able, canMakeNetwork: async () => false});
  t.is(refusals.length, 1);
  t.regex(refusals[0]?.message ?? '', /refuses new network devices/);
  t.regex(refusals[0]?.remedy ?? '', /CAP_NET_ADMIN/);
});

test('the list of packages names each once', t => {
  t.is(new Set(labPackages).size, labPackages.length);
});

test('the bootstrap script installs every package the lab needs that Debian can be without', async t => {
  const list = await readFile(new URL('../../../scripts/debian-packages.txt', import.meta.url), 'utf8');
  const always = new Set(['libc-bin', 'dpkg', 'apt']);
  const installed = new Set(list.split('\n').map(line => line.replace(/[#?].*/u, '').trim()));
  t.deepEqual(
    labPackages.filter(name => !installed.has(name) && !always.has(name)),
    [],
  );
});
