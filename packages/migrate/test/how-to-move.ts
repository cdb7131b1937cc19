import test from 'ava';

import {codes, guestXml, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

test('a definition that somebody puts on the target is not taken for a finished copy', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const {plan} = await two.plan();
  const [prepare, ...rest] = plan?.steps ?? [];
  if (!plan || !prepare) return t.fail();
  await two.perform({...plan, steps: [prepare]});
  two.birch.add(guestXml('web'), {state: 'shutoff'});
  await t.throwsAsync(two.perform({...plan, steps: rest}), {message: /nothing tells that its disks were copied/u});
  t.deepEqual(two.knownTo(), ['alder', 'birch']);
  t.deepEqual(codes(await two.plan()), ['DOMAIN_EXISTS']);
  return undefined;
});

test('where both are off and dr had begun a copy, nobody is told to take what may be newer for a remainder', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const {plan} = await two.plan();
  const [prepare] = plan?.steps ?? [];
  if (!plan || !prepare) return t.fail();
  await two.perform({...plan, steps: [prepare]});
  two.birch.add(guestXml('web'), {state: 'shutoff'});
  const planned = await two.plan();
  t.deepEqual(codes(planned), ['DOMAIN_EXISTS']);
  const finding = planned.findings.find(({code}) => code === 'DOMAIN_EXISTS');
  t.regex(finding?.message ?? '', /which of the two has the newer disks cannot be told/u);
  t.notRegex(finding?.remedy ?? '', /remainder/u);
  return undefined;
});

test('a definition that the target has of old is not taken for the place to which a domain has left', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff', stateReason: 'migrated'});
  two.birch.add(guestXml('web'), {state: 'shutoff'});
  t.deepEqual(codes(await two.plan()), ['DOMAIN_EXISTS']);
});

test('a domain that somebody brought up on the target by himself is not taken for one that dr has moved', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  two.birch.add(guestXml('web'));
  const planned = await two.plan({sourceDisks: 'delete'});
  t.deepEqual(codes(planned), ['DOMAIN_EXISTS'], 'and nobody is told to move the disk away');
  t.true(planned.findings.some(({message}) => message.includes('which of the two has the newer disks cannot be told')));
});

test('a domain that has arrived and is off there is not to be started on its source', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await two.plan();
  const [prepare, ...rest] = plan?.steps ?? [];
  if (!plan || !prepare) return t.fail();
  await two.perform({...plan, steps: [prepare]});
  Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {state: 'shutoff', stateReason: 'migrated'});
  two.birch.add(guestXml('web'), {state: 'shutoff'});
  const error = await t.throwsAsync<Error & {hint: string}>(two.perform({...plan, steps: rest}));
  t.regex(error?.hint ?? '', /do not start it on alder/u);
  t.deepEqual(
    (await two.plan()).moves.map(({how}) => how),
    ['finish'],
  );
  return undefined;
});

const jobUnderway = {
  operation: 'migration-out',
  elapsedMs: 1,
  processedBytes: 1,
  totalBytes: 2,
  memoryBytes: 0,
  bytesPerSecond: 1,
};

test('a move that goes on after its run was killed is followed by the next one', async t => {
  const two = new TwoHosts().with('web', {job: jobUnderway});
  const here = two.alder.domains.get(uuidOf(1)) ?? t.fail();
  two.birch.domains.set(uuidOf(1), {...here, state: 'paused', stateReason: 'migration', job: undefined});
  const {plan, findings} = await two.plan();
  t.deepEqual(
    findings.map(({severity, code}) => [severity, code]),
    [['notes', 'MOVE_UNDERWAY']],
  );
  t.deepEqual(
    plan?.steps.map(({kind}) => kind),
    ['move-live', 'verify-domain', 'retire-source'],
  );
});
