import test from 'ava';
import {domainXml} from '../src/domain-xml.ts';
import {guestRecord} from './fixtures/records.ts';

test('a guest is emulated and boots from files that every host has', t => {
  const xml = domainXml(guestRecord('wiki'), {memoryMib: 96});
  t.true(xml.startsWith("<domain type='qemu'>"));
  t.true(xml.includes('<kernel>/var/lib/libvirt/boot/vmlinux</kernel>'));
  t.true(xml.includes("<source file='/var/lib/libvirt/images/wiki.qcow2'/>"));
  t.true(xml.includes("<memory unit='MiB'>96</memory>"));
});
