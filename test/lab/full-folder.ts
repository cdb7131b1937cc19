import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {labUp, listLabs} from '@dr-toolkit/lab';
import {execa} from 'execa';

import {scratchLabs} from './fixtures/scratch-labs.ts';

test('where the folder of labs is full, it is said so, and nothing half written stays', async t => {
  const folder = join(await scratchLabs(t), 'full');
  await execa('mkdir', [folder]);
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  process.env['DR_LAB_DIR'] = folder;
  try {
    await t.throwsAsync(labUp({name: 'one', vms: 0}), {code: 'NO_ROOM'});
    t.deepEqual(await listLabs(), []);

    await execa('mount', ['-o', 'remount,size=200m', folder]);
    await using lab = await labUp({name: 'one', hosts: ['alder'], vms: 0});
    await execa('dd', ['if=/dev/zero', `of=${join(folder, 'rest')}`, 'bs=4k'], {reject: false});
    await t.throwsAsync(lab.cut('alder'), {code: 'NO_ROOM'});
    t.false((await lab.status()).hosts[0]?.cut);
    t.deepEqual(
      (await readdir(lab.folder.path)).filter(name => name.endsWith('.new')),
      [],
    );
  } finally {
    await execa('umount', [folder]);
  }
});
