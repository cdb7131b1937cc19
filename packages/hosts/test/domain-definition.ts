import {XmlError} from '@dr-toolkit/libvirt';
import test from 'ava';

import {domainDefinition} from '../src/index.ts';
import {domainXml} from './fixtures/domain-xml.ts';

test('memory is told in bytes, whatever its unit', t => {
  t.is(memory('KiB', 16), 16 * 1024);
  t.is(memory('b', 16), 16);
  t.is(memory('GiB', 2), 2 * 1024 ** 3);
  t.is(memory('MB', 2), 2e6);
  t.is(memory('k', 2), 2048);
});

test('files of the host are told with their purpose', t => {
  const {hostFiles} = domainDefinition(
    domainXml({
      os: "<loader readonly='yes' type='pflash'>/usr/share/OVMF/CODE.fd</loader><nvram template='/usr/share/OVMF/VARS.fd'>/var/nvram/web.fd</nvram><kernel>/boot/k</kernel>",
      disks:
        "<disk type='file' device='cdrom'><source file='/iso/debian.iso'/><target dev='sda'/></disk><disk type='file' device='cdrom'><target dev='sdb'/></disk>",
    }),
  );
  t.deepEqual(
    hostFiles.map(({path, purpose}) => `${purpose} ${path}`),
    [
      'kernel /boot/k',
      'cdrom /iso/debian.iso',
      'loader /usr/share/OVMF/CODE.fd',
      'nvram-template /usr/share/OVMF/VARS.fd',
      'nvram /var/nvram/web.fd',
    ],
  );
});

test('passed-through devices are told in words', t => {
  const {hostDevices, tpm} = domainDefinition(
    domainXml({
      devices:
        "<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x03' slot='0x00' function='0x1'/></source></hostdev><filesystem type='mount'><source dir='/srv/share'/></filesystem><tpm><backend type='emulator'/></tpm>",
    }),
  );
  t.deepEqual(hostDevices, ['pci 0000:03:00.1', 'shared folder /srv/share']);
  t.is(tpm, 'emulator');
});

test('a running interface on a network is told by that network, not by the bridge it came to', t => {
  const {interfaces} = domainDefinition(
    domainXml({
      interfaces:
        "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source network='lan' portid='1' bridge='br0'/></interface>",
    }),
  );
  t.like(interfaces[0], {type: 'network', source: 'lan'});
});

test('what is no domain is refused', t => {
  t.throws(() => domainDefinition('<network/>'), {instanceOf: XmlError, code: 'WRONG_ROOT'});
  t.throws(() => domainDefinition('<domain'), {instanceOf: XmlError, code: 'NOT_XML'});
});

function memory(unit: string, value: number): number {
  const xml = domainXml().replace("<memory unit='MiB'>16</memory>", `<memory unit='${unit}'>${value}</memory>`);
  return domainDefinition(xml).memoryBytes;
}
