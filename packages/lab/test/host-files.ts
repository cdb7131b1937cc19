import test from 'ava';
import {labAddresses} from '../src/addresses.ts';
import {bootScript, hostsFile, libvirtdConf, qemuConf, shadowFile, withQemuAccount} from '../src/host-files.ts';
import {labFolder} from '../src/lab-folder.ts';
import {hostRecord} from './fixtures/records.ts';

const folder = labFolder('one', {DR_LAB_DIR: '/labs'});

test('each host tells libvirt its own UUID and listens on its own address', t => {
  const conf = libvirtdConf(hostRecord({uuid: 'aaaa', address: '10.78.1.12'}));
  t.regex(conf, /^host_uuid = "aaaa"$/mu);
  t.regex(conf, /^listen_addr = "10\.78\.1\.12"$/mu);
});

test('migrations arrive on the address of the host', t => {
  t.regex(qemuConf(hostRecord({address: '10.78.1.12'})), /^migration_address = "10\.78\.1\.12"$/mu);
});

test('every host knows every host and the controller by name', t => {
  const text = hostsFile(labAddresses(1), [
    hostRecord({name: 'alder', address: '10.78.1.11'}),
    hostRecord({name: 'birch', address: '10.78.1.12'}),
  ]);
  for (const line of ['10.78.1.11 alder', '10.78.1.12 birch', '10.78.1.1 controller'])
    t.true(text.includes(`${line}\n`));
});

test('no password and no lock of the machine reaches a host', t => {
  t.is(shadowFile('root:!$6$abc:19000:0:::::\nsync:*:19000::::::\n'), 'root:*:19000:0:::::\nsync:*:19000::::::\n');
});

test('the account that libvirt insists on is added once', t => {
  const passwd = withQemuAccount('passwd', 'root:x:0:0:root:/root:/bin/sh\n');
  t.is(passwd.split('\n').filter(line => line.startsWith('libvirt-qemu:x:64055:64055:')).length, 1);
  t.is(withQemuAccount('passwd', passwd), passwd);
  t.is(withQemuAccount('group', 'root:x:0:\n'), 'root:x:0:\nlibvirt-qemu:x:64055:\n');
});

test('a host makes nothing before it was told to go on', t => {
  const lines = bootScript(labAddresses(1), hostRecord(), folder.host('alder')).split('\n');
  const first = (pattern: RegExp) => lines.findIndex(line => pattern.test(line));
  t.true(first(/^echo "here/u) < first(/^read -r go$/u));
  t.true(first(/^read -r go$/u) < first(/^\s*(?:mount|ip|mkdir)/u));
});

test('KVM is hidden before libvirtd starts', t => {
  const script = bootScript(labAddresses(1), hostRecord(), folder.host('alder'));
  t.true(script.indexOf('/dev/kvm') < script.indexOf('libvirtd --listen'));
  t.regex(script, /remount,bind,ro \/dev\/kvm/u);
});
