import {readFile} from 'node:fs/promises';
import {DOMParser, type Node, type Element} from '@xmldom/xmldom';
import test from 'ava';
import * as fc from 'fast-check';
import {DomainXml} from '../../src/xml/domain-xml.ts';
import {XmlError} from '../../src/xml/xml-error.ts';

const web = await readFile(new URL('../fixtures/web.xml', import.meta.url), 'utf8');

/** What a document says, however it is written: quotes and the order of attributes do not matter. */
function meaning(node: Node): unknown {
  const {nodeType, nodeName, nodeValue, childNodes} = node;
  const attributes = nodeType === 1 ? [...(node as Element).attributes] : [];
  return {
    nodeType,
    nodeName,
    nodeValue,
    namespace: (node as Element).namespaceURI ?? null,
    attributes: Object.fromEntries(attributes.map(({name, value}) => [name, value])),
    children: [...(childNodes ?? [])].map(meaning),
  };
}

const meaningOf = (xml: string): unknown =>
  meaning(new DOMParser({onError: () => {}}).parseFromString(xml, 'text/xml'));

test('a definition tells what the domain is', t => {
  const domain = DomainXml.parse(web);
  t.like(domain, {
    type: 'kvm',
    name: 'web',
    uuid: '4dea22b3-1d52-d8f3-2516-782e98ab3fa0',
    title: 'The shop & its window',
    description: 'Port 443',
    memoryKib: 2_097_152,
    currentMemoryKib: 1_048_576,
    vcpus: 4,
    arch: 'x86_64',
    machine: 'pc-q35-7.2',
    emulator: '/usr/bin/qemu-system-x86_64',
    tpm: 'emulator',
  });
  t.deepEqual(domain.boot, {
    firmware: 'efi',
    loader: '/usr/share/OVMF/OVMF_CODE.fd',
    nvram: '/var/lib/libvirt/qemu/nvram/web_VARS.fd',
    kernel: undefined,
    initrd: undefined,
    cmdline: undefined,
  });
});

test('NVRAM is found also where it has a source as a disk has', t => {
  const nvram = `<nvram type='file'>\n<source file='/nvram/web.fd'/>\n</nvram>`;
  t.is(DomainXml.parse(web.replace(/<nvram.*<\/nvram>/, nvram)).boot.nvram, '/nvram/web.fd');
  t.is(DomainXml.parse(web.replace(/<nvram.*<\/nvram>/, '<nvram/>')).boot.nvram, undefined);
});

test('a carriage return in a text stays one', t => {
  const domain = DomainXml.parse(web.replace('Port 443', 'Port 443&#13;&#10;'));
  t.is(DomainXml.parse(domain.toString()).description, 'Port 443\r\n');
});

test('disks are told apart by their source', t => {
  const read = DomainXml.parse(web).disks.map(({target, device, source, format, readonly, shareable}) => ({
    target,
    device,
    source,
    format,
    readonly,
    shareable,
  }));
  t.deepEqual(read, [
    {
      target: 'vda',
      device: 'disk',
      source: {type: 'file', file: '/var/lib/libvirt/images/web.snap1'},
      format: 'qcow2',
      readonly: false,
      shareable: false,
    },
    {
      target: 'vdb',
      device: 'disk',
      source: {type: 'volume', pool: 'ssd', volume: 'web-data'},
      format: 'raw',
      readonly: false,
      shareable: true,
    },
    {
      target: 'vdc',
      device: 'disk',
      source: {type: 'network', protocol: 'rbd', name: 'pool/web'},
      format: 'raw',
      readonly: true,
      shareable: false,
    },
    {target: 'sda', device: 'cdrom', source: undefined, format: 'raw', readonly: true, shareable: false},
  ]);
});

test('a chain of images is told from the nearest on', t => {
  t.deepEqual(DomainXml.parse(web).disk('vda')?.backingChain, [
    {source: {type: 'file', file: '/var/lib/libvirt/images/web.qcow2'}, format: 'qcow2'},
    {source: {type: 'file', file: '/var/lib/libvirt/images/base.raw'}, format: 'raw'},
  ]);
});

test('interfaces, pass-through devices and channels are found', t => {
  const domain = DomainXml.parse(web);
  const {network, mac, model, target} = domain.interface('52:54:00:AA:bb:01') ?? {};
  t.deepEqual(
    {network, mac, model, target},
    {network: 'public', mac: '52:54:00:aa:bb:01', model: 'virtio', target: 'vnet3'},
  );
  t.is(domain.interface('52:54:00:aa:bb:02')?.bridge, 'br1');
  t.deepEqual(domain.hostDevices, [
    {type: 'pci', address: '0000:03:00.1'},
    {type: 'usb', address: '1d6b:0002'},
  ]);
  t.deepEqual(domain.agentChannel, {type: 'unix', name: 'org.qemu.guest_agent.0', state: 'connected'});
});

test('an interface moves to another network, and keeps its MAC', t => {
  const domain = DomainXml.parse(web);
  domain.interface('52:54:00:aa:bb:02')?.setNetwork('lan', {portgroup: 'dmz'});
  const {type, network, portgroup, bridge, mac} = DomainXml.parse(domain.toString()).interfaces[1] ?? {};
  t.deepEqual(
    {type, network, portgroup, bridge, mac},
    {type: 'network', network: 'lan', portgroup: 'dmz', bridge: undefined, mac: '52:54:00:aa:bb:02'},
  );
});

test('an interface moves from a network to a bridge', t => {
  const domain = DomainXml.parse(web);
  domain.interface('52:54:00:aa:bb:01')?.setBridge('br-pub');
  const {type, network, bridge} = DomainXml.parse(domain.toString()).interfaces[0] ?? {};
  t.deepEqual({type, network, bridge}, {type: 'bridge', network: undefined, bridge: 'br-pub'});
});

test('a disk gets a new source, and forgets the old chain', t => {
  const domain = DomainXml.parse(web);
  domain.disk('vda')?.setSource({type: 'block', dev: '/dev/vg/web'});
  const {source, backingChain, path} = DomainXml.parse(domain.toString()).disk('vda') ?? {};
  t.deepEqual(
    {source, backingChain, path},
    {source: {type: 'block', dev: '/dev/vg/web'}, backingChain: [], path: '/dev/vg/web'},
  );
});

test('what says how a source is used stays with a new source', t => {
  const domain = DomainXml.parse(web);
  domain.disk('vdc')?.setSource({type: 'file', file: '/srv/web.raw'});
  const xml = domain.toString();
  t.regex(xml, /<source startupPolicy="optional" file="\/srv\/web.raw">\s*<encryption format="luks"/);
});

test('what belongs to the old source alone goes with it', t => {
  const domain = DomainXml.parse(web);
  domain.disk('vdc')?.setSource({type: 'file', file: '/srv/web.raw'});
  t.notRegex(domain.toString(), /ceph1|<auth|<slice/);
});

test('a medium is taken out of its drive', t => {
  const domain = DomainXml.parse(web.replace("<target dev='sda'", "<source file='/iso/a.iso'/><target dev='sda'"));
  t.is(domain.disk('sda')?.path, '/iso/a.iso');
  domain.disk('sda')?.setSource(undefined);
  t.is(DomainXml.parse(domain.toString()).disk('sda')?.source, undefined);
});

test('metadata of one namespace is set beside that of others', t => {
  const domain = DomainXml.parse(web);
  domain.setMetadata('urn:example:dr', '<dr:run xmlns:dr="urn:example:dr" id="7"/>');
  domain.setMetadata('urn:example:dr', '<dr:run xmlns:dr="urn:example:dr" id="8"/>');
  const read = DomainXml.parse(domain.toString());
  t.regex(read.metadata('urn:example:dr') ?? '', /^<dr:run [^>]*id="8"/);
  t.regex(read.metadata('http://libosinfo.org/xmlns/libvirt/domain/1.0') ?? '', /debian/);
  domain.setMetadata('urn:example:dr', undefined);
  t.deepEqual(meaningOf(domain.toString()), meaningOf(web));
});

test('a title is added and removed', t => {
  const domain = DomainXml.parse(web);
  domain.title = undefined;
  t.is(DomainXml.parse(domain.toString()).title, undefined);
  domain.title = '<3';
  t.is(DomainXml.parse(domain.toString()).title, '<3');
});

test('what a change does not concern stays: comments, foreign namespaces, unknown elements', t => {
  const domain = DomainXml.parse(web);
  const mac = '52:54:00:aa:bb:01';
  domain.interface(mac)?.setNetwork('elsewhere');
  t.not(domain.toString(), web);
  domain.interface(mac)?.setNetwork('public');
  t.deepEqual(meaningOf(domain.toString()), meaningOf(web));
  t.regex(domain.toString(), /<qemu:commandline>\s*<qemu:arg value="-newarg"\/>/);
});

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,7}$/);
/** Any text that XML can hold; a carriage return never survives a parser. */
const text = fc
  .string({unit: 'grapheme', maxLength: 12})
  .map(value => value.replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ''));
const escaped = (value: string): string =>
  value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;');
const {element} = fc.letrec<{element: string; content: string}>(tie => ({
  content: fc.oneof(
    {maxDepth: 4},
    text.map(escaped),
    word.map(value => `<!-- ${value.replaceAll('-', '_')} -->`),
    word.map(value => `<![CDATA[<${value}>]]>`),
    tie('element'),
  ),
  element: fc
    .tuple(
      fc.constantFrom('', 'x:', 'y:'),
      word,
      fc.dictionary(word, text, {maxKeys: 3}),
      fc.array(tie('content'), {maxLength: 4}),
    )
    .map(([prefix, name, attributes, contents]) => {
      const written = Object.entries(attributes).map(([key, value]) => ` ${key}='${escaped(value)}'`);
      return `<${prefix}n${name}${written.join('')}>${contents.join('')}</${prefix}n${name}>`;
    }),
}));

test('any definition is written as it was read, whatever is in it', t => {
  fc.assert(
    fc.property(fc.array(element, {maxLength: 4}), unknown => {
      const xml = `<domain type='qemu' xmlns:x='urn:x' xmlns:y='urn:y'><name>a</name>${unknown.join('\n')}</domain>`;
      const domain = DomainXml.parse(xml);
      domain.name = 'b';
      t.deepEqual(meaningOf(domain.toString()), meaningOf(xml.replace('<name>a</name>', '<name>b</name>')));
    }),
  );
});

test('any text is refused or read, never anything else', t => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map(inner => `<domain>${inner}</domain>`),
      ),
      xml => {
        try {
          DomainXml.parse(xml).toString();
        } catch (error) {
          t.true(error instanceof XmlError);
        }
      },
    ),
  );
  t.pass();
});

const refuses = test.macro({
  exec(t, xml: string, expected: {code: string; message?: RegExp}) {
    t.throws(() => DomainXml.parse(xml), {instanceOf: XmlError, ...expected});
  },
  title: what => `refuses ${what}`,
});
test('nothing', refuses, '', {code: 'NOT_XML'});
test('prose', refuses, 'no such domain', {code: 'NOT_XML'});
test('half a definition', refuses, '<domain><name>web</name>', {code: 'NOT_XML'});
test('crossed tags', refuses, '<domain><name>web</domain></name>', {code: 'NOT_XML'});
test('a network', refuses, '<network/>', {code: 'WRONG_ROOT', message: /<network>, not <domain>/});
