import {chown, truncate, writeFile} from 'node:fs/promises';
import test from 'ava';
import {connect, ConnectionError, LibvirtError, type Connection, type Domain} from '../../src/index.ts';
import {CuttableProxy} from '../fixtures/cuttable-proxy.ts';
import {startLibvirtDaemon, type LibvirtDaemon} from '../fixtures/libvirt-daemon.ts';

/** Two daemons that take themselves for different hosts need a host name each, and so root. */
const onTwoHosts = process.getuid?.() === 0 ? test.serial : test.skip;

const nobody = 65_534;
const migrateUri = 'tcp://127.0.0.1';
const diskBytes = 64 * 1024 * 1024;
/** Five seconds of silence are enough to take a client for dead that wants to be looked after. */
const keepalive = ['keepalive_interval = 1', 'keepalive_count = 4'];

let alder: LibvirtDaemon;
let birch: LibvirtDaemon;
let source: Connection;
let target: Connection;

test.before('two hosts', async () => {
  if (process.getuid?.() !== 0) {
    return;
  }
  [alder, birch] = await Promise.all([
    startLibvirtDaemon({hostname: 'alder', config: keepalive}),
    startLibvirtDaemon({hostname: 'birch', config: keepalive}),
  ]);
  [source, target] = await Promise.all([connectTo(alder), connectTo(birch)]);
});

test.after.always(async () => {
  for (const connection of [source, target].filter(Boolean)) {
    const left = await connection.domains.list({flags: ['active']});
    await Promise.all(left.map(domain => domain.destroy()));
    await connection.close();
  }
  await Promise.all([alder?.stop(), birch?.stop()]);
});

const connectTo = (daemon: LibvirtDaemon): Promise<Connection> => connect(daemon.uri('qemu', '/session'));

async function start(name: string, diskPath?: string): Promise<Domain> {
  const disk =
    diskPath === undefined
      ? ''
      : `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${diskPath}'/><target dev='vda' bus='virtio'/></disk>`;
  const domain = await source.domains.define(
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>` +
      `<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>${disk}<memballoon model='none'/></devices></domain>`,
  );
  return domain.create();
}

async function diskOn(daemon: LibvirtDaemon, name: string): Promise<string> {
  const path = `${daemon.folder}/${name}.raw`;
  await writeFile(path, '');
  await truncate(path, diskBytes);
  await chown(path, nobody, nobody);
  return path;
}

async function hostsOf({uuid}: Domain): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [host, connection] of Object.entries({alder: source, birch: target})) {
    for (const domain of await connection.domains.list()) {
      if (domain.uuid === uuid) {
        found[host] = (await domain.state()).state;
      }
    }
  }
  return found;
}

onTwoHosts('a domain moves through the client, with its definition', async t => {
  const web = await start('web');
  const moved = await web.migrateTo(target, {flags: ['live', 'persist-dest', 'undefine-source'], migrateUri});
  t.deepEqual(await hostsOf(web), {birch: 'running'});
  t.is(moved.uuid, web.uuid);
  t.deepEqual(await moved.state(), {state: 'running', reason: 'migrated'});
  t.true(await moved.isPersistent());
});

onTwoHosts('a domain moves from daemon to daemon', async t => {
  const wiki = await start('wiki');
  await wiki.migrateToUri(birch.uri('qemu', '/session'), {flags: ['live', 'undefine-source'], migrateUri});
  t.deepEqual(await hostsOf(wiki), {birch: 'running'});
});

for (const [title, move] of [
  ['through the client', (domain, options) => domain.migrateTo(target, options)],
  ['from daemon to daemon', (domain, options) => domain.migrateToUri(birch.uri('qemu', '/session'), options)],
] satisfies [string, (domain: Domain, options: Parameters<Domain['migrateToUri']>[1]) => Promise<unknown>][]) {
  onTwoHosts(`a move ${title} takes the disks along, and leaves everything alone when it is aborted`, async t => {
    const name = title.replaceAll(' ', '-');
    const path = await diskOn(alder, name);
    const domain = await start(name, path);
    const newPath = await diskOn(birch, name);
    const xml = (await domain.xml({flags: ['migratable']})).replace(path, newPath);
    const options = {
      flags: ['live', 'persist-dest', 'undefine-source', 'non-shared-disk'],
      disks: ['vda'],
      destinationXml: xml,
      persistentXml: xml,
      migrateUri,
    } as const;

    const stop = new AbortController();
    const slow = move(domain, {...options, mibPerSecondMax: 1, signal: stop.signal});
    await copying(domain);
    stop.abort(new Error('enough'));
    await t.throwsAsync(slow, {message: 'enough'});
    t.deepEqual(await hostsOf(domain), {alder: 'running'});
    t.is((await domain.job.stats()).type, 'none');

    await move(domain, options);
    t.deepEqual(await hostsOf(domain), {birch: 'running'});
    t.true((await (await target.domains.lookupByUuid(domain.uuid)).xml()).includes(newPath));
  });
}

onTwoHosts('a client that falls silent half-way ends its move, and the guest goes on where it was', async t => {
  await using toAlder = await CuttableProxy.before(alder.socket);
  await using toBirch = await CuttableProxy.before(birch.socket);
  await using from = await connect(`qemu+unix:///session?socket=${toAlder.socket}`);
  await using to = await connect(`qemu+unix:///session?socket=${toBirch.socket}`);
  const path = await diskOn(alder, 'forum');
  const {uuid} = await start('forum', path);
  const forum = await from.domains.lookupByUuid(uuid);
  const destinationXml = (await forum.xml({flags: ['migratable']})).replace(path, await diskOn(birch, 'forum'));
  const flags = ['live', 'non-shared-disk'] as const;
  const move = forum.migrateTo(to, {flags, disks: ['vda'], destinationXml, migrateUri, mibPerSecondMax: 4});
  const failed = t.throwsAsync(move, {instanceOf: ConnectionError});
  const seen = await source.domains.lookupByUuid(uuid);
  await copying(seen);
  toAlder.fallSilent();
  toBirch.fallSilent();
  while ((await hostsOf(forum))['birch'] !== undefined) await target.hostname();
  while ((await seen.job.stats()).type !== 'none') await source.hostname();
  t.deepEqual(await hostsOf(forum), {alder: 'running'});
  toAlder.cut();
  toBirch.cut();
  await failed;
});

onTwoHosts('a target that cannot be reached leaves the domain where it is', async t => {
  const lists = await start('lists');
  const move = lists.migrateTo(target, {flags: ['live'], migrateUri: 'tcp://127.0.0.1:1'});
  await t.throwsAsync(move, {instanceOf: LibvirtError});
  t.deepEqual(await hostsOf(lists), {alder: 'running'});
});

/** Resolves once bytes of the disk have moved. */
async function copying(domain: Domain): Promise<void> {
  while (((await domain.disk('vda').job())?.current ?? 0) === 0) {
    await domain.isActive();
  }
}
