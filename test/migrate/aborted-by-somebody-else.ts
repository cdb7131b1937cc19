import anyTest, {type TestFn} from 'ava';

import {labRig, type Rig} from './fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;

test.before(async t => {
  t.timeout(540_000);
  t.context.rig = await labRig({vms: 1});
});

test.after.always(async t => t.context.rig?.close());

for (const through of ['auto', 'client'] as const) {
  test(`a move through ${through} that somebody else aborts stays where it was, and is not begun again`, async t => {
    const {rig} = t.context;
    const {outcome, failures} = await rig.migrate({
      through,
      domains: ['aslo-proxy'],
      bandwidthMibPerSecond: 8,
      half: () => rig.shell('sunjammer', 'virsh domjobabort aslo-proxy'),
    });
    t.log(...failures);
    t.is(outcome?.status, 'failed');
    t.regex(failures.join('\n'), /^MOVE_FAILED: aslo-proxy was not moved and runs on sunjammer/u);
    t.deepEqual(await rig.places('aslo-proxy'), {sunjammer: 'running'});
  });
}

test('a pause that was allowed is come to from a short one, and an abort leaves it as it was before the move', async t => {
  const {rig} = t.context;
  const allowedMs = 'virsh migrate-getmaxdowntime aslo-proxy';
  t.is((await rig.shell('sunjammer', allowedMs)).trim(), '300');
  const seen = Promise.withResolvers<string>();
  await rig.migrate({
    domains: ['aslo-proxy'],
    bandwidthMibPerSecond: 8,
    downtimeMsMax: 400,
    half: async () => {
      seen.resolve(await rig.shell('sunjammer', `for _ in $(seq 50); do ${allowedMs} | grep -x 50 && break; done`));
      await rig.shell('sunjammer', 'virsh domjobabort aslo-proxy');
    },
  });
  t.is((await seen.promise).trim(), '50');
  t.is((await rig.shell('sunjammer', allowedMs)).trim(), '300');
});

test('the same command again moves it', async t => {
  const {rig} = t.context;
  const {failures} = await rig.migrate({domains: ['aslo-proxy'], sourceDisks: 'delete'});
  t.deepEqual(failures, []);
  t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'running'});
});
