import {chown, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {connect} from '@dr-toolkit/libvirt';
import {type LibvirtDaemon, startLibvirtDaemon} from '../packages/libvirt/test/fixtures/libvirt-daemon.ts';

const guests = ['aslo-proxy', 'aslo-web1', 'aslo-web2', 'aslo-db', 'wiki', 'lists'];
const nobody = 65_534;

export interface PreviewEstate extends AsyncDisposable {
  /** Its dr.yaml. */
  readonly file: string;
}

/**
 * Two libvirt daemons without privileges, each with its own identity, and an estate that names them. The guests run
 * (emulated, with nothing to boot), so that a plan to move them has all that a real one has, but nothing is moved.
 * @throws when libvirtd or QEMU is not installed, or does not start.
 */
export async function previewEstate(): Promise<PreviewEstate> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dr-preview-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, {recursive: true, force: true}));
  try {
    const [source, target] = await Promise.all(
      [1, 2].map(async number => {
        const config = [`host_uuid = "5aa9bd3e-0000-4000-8000-00000000000${number}"`];
        const daemon = await startLibvirtDaemon({config});
        stack.defer(() => daemon.stop());
        return daemon;
      }),
    );
    if (!source || !target) throw new Error('two daemons were started');
    await Promise.all([givePool(source), givePool(target)]);
    stack.use(await startGuests(source));
    const file = path.join(folder, 'dr.yaml');
    await writeFile(file, estateText({sunjammer: source, newhost: target}));
    return {file, [Symbol.asyncDispose]: () => stack.disposeAsync()};
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function estateText(daemons: Record<string, LibvirtDaemon>): string {
  const hosts = Object.entries(daemons).map(([name, {uri}]) => `  ${name}: {uri: ${uri('qemu', '/session')}}`);
  return ['estate: preview', 'hosts:', ...hosts, ''].join('\n');
}

async function givePool(daemon: LibvirtDaemon): Promise<void> {
  const images = imagesOf(daemon);
  await mkdir(images);
  if (process.getuid?.() === 0) await chown(images, nobody, nobody);
  await using host = await connect(daemon.uri('qemu', '/session'));
  const pool = await host.pools.define(
    `<pool type='dir'><name>default</name><target><path>${images}</path></target></pool>`,
  );
  await pool.create();
}

/** Both daemons' pools at one path, as on real hosts. */
function imagesOf(daemon: LibvirtDaemon): string {
  return path.join(daemon.folder, 'images');
}

async function startGuests(daemon: LibvirtDaemon): Promise<AsyncDisposable> {
  const images = imagesOf(daemon);
  const host = await connect(daemon.uri('qemu', '/session'));
  const pool = await host.pools.lookupByName('default');
  for (const name of guests) {
    await pool.createVolume(
      `<volume><name>${name}.qcow2</name><capacity unit='GiB'>10</capacity><allocation>0</allocation>` +
        `<target><format type='qcow2'/><compat>1.1</compat></target></volume>`,
    );
    const domain = await host.domains.define(
      `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>` +
        `<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>` +
        `<source file='${images}/${name}.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>`,
    );
    await domain.create();
  }
  return {
    async [Symbol.asyncDispose]() {
      try {
        for (const domain of await host.domains.list({flags: ['active']})) await domain.destroy();
        await host.close();
      } catch {
        // A Ctrl-C ends the daemon, too. What buries it ends its guests.
      }
    },
  };
}
