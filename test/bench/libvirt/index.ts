/**
 * `npm run bench:libvirt`: the client beside virsh and python3-libvirt, on one daemon, in one run. Every client runs in
 * processes of its own, in turn, and repeats its work; of each figure the median of the rounds' medians counts. The daemon
 * has one processor to itself and its clients another, as a question takes twice as long where the scheduler wakes the
 * one on the other's: whoever is lucky would win.
 */
import {availableParallelism} from 'node:os';
import {connect} from '@dr-toolkit/libvirt';
import {execa, type Options} from 'execa';
import {startLibvirtDaemon} from '../../../packages/libvirt/test/fixtures/libvirt-daemon.ts';
import {elapsed, median} from '../timing.ts';

const rounds = 7;
const listed = 5000;
const many = 10_000;
const xmls = 1000;
/** So many of these definitions are asked for by a virsh each; what they take is scaled up. */
const virshes = 40;
const here = import.meta.dirname;

/** Where a client is started, in front of its command. */
const beside = availableParallelism() > 1 ? ['taskset', '--cpu-list', '1'] : [];

type Status = Record<'domains' | 'ms' | 'statusMs' | 'mib', number>;

const daemon = await startLibvirtDaemon();
try {
  const uri = daemon.uri('test', '/default');
  // The daemon forgets its domains with the last connection.
  await using connection = await connect(uri);
  const define = async (from: number, to: number): Promise<void> => {
    const numbers = Array.from({length: to - from}, (_, index) => from + index);
    await Promise.all(numbers.map(number => connection.domains.define(domainXml(number))));
  };

  if (beside.length > 0) await execa('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(daemon.pid)]);
  await define(1, listed);
  const python = await pythonWithLibvirt();
  const figures: Record<string, number[]> = {};
  const note = (name: string, ms: number): void => void (figures[name] ??= []).push(ms);
  for (let round = 0; round < rounds; round++) {
    const tasks = ['lookup', 'xmlsInTurn', 'xmlsAtOnce', 'list', 'listOneByOne'];
    const ours = await json(process.execPath, [`${here}/measure.ts`, uri, ...tasks]);
    Object.entries(ours).forEach(([name, ms]) => note(`ours ${name}`, ms));
    if (python !== undefined) {
      const theirs = await json(python, [`${here}/measure.py`, uri, 'lookup', 'xmls', 'list', 'listOneByOne']);
      Object.entries(theirs).forEach(([name, ms]) => note(`python ${name}`, ms));
    }
    const floor = await json(process.execPath, [`${here}/bare-socket.ts`, daemon.socket]);
    Object.entries(floor).forEach(([name, ms]) => note(`floor ${name}`, ms));
    note('virsh lookup', await elapsed(() => client('virsh', ['-c', uri, 'domuuid', 'bench-7'])));
    const input = Array.from({length: xmls}, (_, index) => `dumpxml bench-${index + 1}`).join('\n');
    const each = async (): Promise<void> => {
      for (let number = 1; number <= virshes; number++) {
        await client('virsh', ['-c', uri, 'dumpxml', `bench-${number}`], {stdout: 'ignore'});
      }
    };
    note('virsh xmls', ((await elapsed(each)) * xmls) / virshes);
    note('virsh batch', await elapsed(() => client('virsh', ['-c', uri], {input, stdout: 'ignore'})));
    note('virsh list', await elapsed(() => client('virsh', ['-c', uri, 'list', '--all'], {stdout: 'ignore'})));
  }

  console.log(`Milliseconds, the median of ${rounds} rounds on ${listed} domains of libvirt's test driver\n`);
  const rows = [
    ['one lookup by name', 'ours lookup', 'python lookup', 'virsh lookup', 'floor lookup'],
    [`${xmls} definitions, in turn`, 'ours xmlsInTurn', 'python xmls', 'virsh xmls', 'floor xmlsInTurn'],
    [`${xmls} definitions, at once`, 'ours xmlsAtOnce', 'python xmls', 'virsh xmls', ''],
    [`  beside one virsh for all`, 'ours xmlsAtOnce', 'python xmls', 'virsh batch', ''],
    [`${listed} domains with state`, 'ours list', 'python list', 'virsh list', ''],
    [`${listed} domains, a call each`, 'ours listOneByOne', 'python listOneByOne', 'virsh list', ''],
  ] as const;
  print(['', 'client', 'python', 'virsh', 'bare socket', 'python/client', 'virsh/client']);
  for (const [title, ...names] of rows) {
    const [ours = NaN, theirs = NaN, virsh = NaN, floor = NaN] = names.map(name => median(figures[name] ?? []));
    print([title, ...[ours, theirs, virsh, floor].map(shown), `${shown(theirs / ours)}x`, `${shown(virsh / ours)}x`]);
  }
  console.log(`
virsh: lookups and definitions are a process each, as in a script (${virshes} definitions, scaled up); beside that, one
process that reads ${xmls} commands; a list is one process. A bare socket is the floor: daemon, kernel and Node, with
nothing around them. The client is started from its sources with Node's compile cache: without types, as it is published.`);

  await define(listed, many);
  const statuses: Status[] = [];
  for (let round = 0; round < rounds; round++) {
    const {status} = await json<{status: Status}>(process.execPath, [`${here}/measure.ts`, uri, 'status']);
    statuses.push(status);
  }
  const figure = (name: keyof Status): number => median(statuses.map(status => status[name]));
  const [ms, mib] = [figure('ms'), figure('mib')];
  console.log(`
Status of ${figure('domains')} domains by a new process, the median of ${rounds}: ${shown(ms)} ms since it began (of these
${shown(figure('statusMs'))} ms for the status, the rest for starting Node and connecting), ${shown(mib)} MiB at most`);
  const held = ms < 1000 && mib < 200;
  console.log(held ? 'Within 1 s and 200 MiB.' : 'NOT within 1 s and 200 MiB.');
  process.exitCode = held ? 0 : 1;
} finally {
  await daemon.stop();
}

function domainXml(number: number): string {
  const disks = ['vda', 'vdb'].map(
    target =>
      `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>` +
      `<source file='/var/lib/libvirt/images/bench-${number}-${target}.qcow2'/><target dev='${target}' bus='virtio'/></disk>`,
  );
  return (
    `<domain type='test'><name>bench-${number}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>` +
    `<os><type arch='i686'>hvm</type></os><devices>${disks.join('')}` +
    `<interface type='network'><source network='default'/><model type='virtio'/></interface></devices></domain>`
  );
}

/** Debian puts the module beside its own Python, which need not be the first one in PATH. */
async function pythonWithLibvirt(): Promise<string | undefined> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const {exitCode} = await execa(python, ['-c', 'import libvirt'], {reject: false});
    if (exitCode === 0) {
      return python;
    }
  }
  console.log('Left out: python3-libvirt is not installed. As root: apt-get install python3-libvirt\n');
  return undefined;
}

async function json<T = Record<string, number>>(command: string, args: readonly string[]): Promise<T> {
  const {stdout} = await client(command, args, {env: {NODE_COMPILE_CACHE: `${daemon.folder}/cache`}});
  return JSON.parse(String(stdout)) as T;
}

function client(command: string, args: readonly string[], options: Options = {}) {
  const [first = command, ...more] = [...beside, command, ...args];
  return execa(first, more, {preferLocal: true, ...options});
}

function shown(value: number): string {
  return Number.isNaN(value) ? '-' : value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function print([title = '', ...cells]: readonly string[]): void {
  console.log(title.padEnd(30), ...cells.map(cell => cell.padStart(13)));
}
