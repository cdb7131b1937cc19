import {existsSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {execa} from 'execa';
import {labUp} from '@dr-toolkit/lab';

import type {Machine} from './fixtures/machine.ts';
import {scratchLabs} from './fixtures/scratch-labs.ts';

interface Seen {
  readonly before: Machine;
  readonly meanwhile: Machine;
  readonly after: Machine;
  /** Kernel groups that only the lab's processes were in: `9:name=systemd:/machine/x`. */
  readonly groups: readonly string[];
}

/**
 * A machine of its own as far as links, mounts and processes go, so that all of them can be compared whatever else goes on
 * beside it. Its first process reaps, as that of a machine does.
 */
const apart = ['--net', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];

test('when a lab is down, its machine has what it had before, and nothing more', async t => {
  t.timeout(300_000);
  const folder = await scratchLabs(t);
  // What guests boot from may have to be downloaded, which a machine without a network cannot.
  await (await labUp({name: 'warm', vms: 0})).down();
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);

  const script = join(import.meta.dirname, 'fixtures/up-and-down.ts');
  const shell = 'mount -t sysfs sysfs /sys && ip link set lo up && { "$@" & wait $!; }';
  const argv = [...apart, 'sh', '-c', shell, 'sh', process.execPath, script, folder];
  const env = {DR_LAB_DIR: folder, TMPDIR: temporary};
  const {before, meanwhile, after, groups} = JSON.parse((await execa('unshare', argv, {env})).stdout) as Seen;

  for (const kind of ['links', 'addresses', 'loops', 'processes', 'namespaces', 'files'] as const) {
    t.true(meanwhile[kind].length > before[kind].length, `the look sees ${kind} of a lab that is up`);
  }
  t.deepEqual(after, before);
  t.deepEqual(groups.filter(stands), []);
});

/** Whether a group of a process that has gone is still there. */
function stands(group: string): boolean {
  const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/u.exec(group) ?? [];
  const name = controllers === '' ? 'unified' : controllers.replace(/^name=/u, '');
  return existsSync(join('/sys/fs/cgroup', name, path)) || existsSync(join('/sys/fs/cgroup', path));
}
