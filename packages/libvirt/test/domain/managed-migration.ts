import {Buffer} from 'node:buffer';
import test from 'ava';
import {ConnectionError} from '../../src/connection-error.ts';
import {migrateManaged} from '../../src/domain/managed-migration.ts';
import {MigrationError} from '../../src/domain/migration-error.ts';
import {errorNumbers} from '../../src/error-codes.ts';
import {LibvirtError} from '../../src/libvirt-error.ts';
import {wireError} from '../fixtures/fake-daemon.ts';
import {ScriptedDaemon} from '../fixtures/scripted-daemon.ts';

const dom = {name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3};
const there = {...dom, id: 9};
const [begun, prepared, performed, finished] = ['begun', 'prepared', 'performed', 'finished'].map(text =>
  Buffer.from(text),
);

const refusal = (code: number, message: string): LibvirtError =>
  new LibvirtError(wireError({code, message}), {host: 'alder', procedure: 'X'});
const lost = new ConnectionError('CONNECTION_LOST', 'birch hung up', {hint: '', host: 'birch'});
const fails = (error: Error) => (): never => {
  throw error;
};

type Script = ConstructorParameters<typeof ScriptedDaemon>[2];

function bothEnds(sourceScript: Script = {}, targetScript: Script = {}) {
  const source = new ScriptedDaemon('alder', 1, {
    DOMAIN_MIGRATE_BEGIN3_PARAMS: () => ({cookieOut: begun, xml: '<domain/>'}),
    DOMAIN_MIGRATE_PERFORM3_PARAMS: () => ({cookieOut: performed}),
    ...sourceScript,
  });
  const target = new ScriptedDaemon('birch', 2, {
    DOMAIN_MIGRATE_PREPARE3_PARAMS: () => ({cookieOut: prepared, uriOut: 'tcp:birch:49152'}),
    DOMAIN_MIGRATE_FINISH3_PARAMS: () => ({dom: there, cookieOut: finished}),
    ...targetScript,
  });
  return {source, target};
}

test('the five acts follow each other, each with the cookie of the one before', async t => {
  const {source, target} = bothEnds();
  const options = {flags: ['live', 'auto-converge', 'persist-dest'], disks: ['vda', 'vdb']} as const;
  t.deepEqual(await migrateManaged(source.link, dom, target.link, options), there);
  t.deepEqual(source.said, ['BEGIN', 'PERFORM', 'CONFIRM']);
  t.deepEqual(target.said, ['PREPARE', 'FINISH']);
  const disks = ['vda', 'vdb'].map(value => ({field: 'migrate_disks', type: 'string', value}));
  const xml = {field: 'destination_xml', type: 'string', value: '<domain/>'};
  const uri = {field: 'migrate_uri', type: 'string', value: 'tcp:birch:49152'};
  t.deepEqual(source.argsOf('DOMAIN_MIGRATE_BEGIN3_PARAMS'), {dom, params: disks, flags: 0x2109});
  t.deepEqual(target.argsOf('DOMAIN_MIGRATE_PREPARE3_PARAMS'), {params: [...disks, xml], cookieIn: begun, flags: 0x9});
  t.deepEqual(source.argsOf('DOMAIN_MIGRATE_PERFORM3_PARAMS'), {
    dom,
    dconnuri: undefined,
    params: [...disks, xml, uri],
    cookieIn: prepared,
    flags: 0x2109,
  });
  t.like(target.argsOf('DOMAIN_MIGRATE_FINISH3_PARAMS'), {cookieIn: performed, flags: 0x9, cancelled: 0});
  t.like(source.argsOf('DOMAIN_MIGRATE_CONFIRM3_PARAMS'), {dom, cookieIn: finished, flags: 0x2109, cancelled: 0});
});

test('both daemons are asked to look whether we are still there', async t => {
  const ends = bothEnds();
  await migrateManaged(ends.source.link, dom, ends.target.link, {});
  for (const {calls} of Object.values(ends)) t.like(calls[0], {name: 'CONNECT_SUPPORTS_FEATURE', args: {feature: 10}});
});

test('a target that refuses to prepare lets the source go on', async t => {
  const error = refusal(errorNumbers.CPU_INCOMPATIBLE, 'CPU');
  const {source, target} = bothEnds({}, {DOMAIN_MIGRATE_PREPARE3_PARAMS: fails(error)});
  t.is(await t.throwsAsync(migrateManaged(source.link, dom, target.link, {})), error);
  t.deepEqual(source.said, ['BEGIN', 'CONFIRM']);
  t.is(source.argsOf('DOMAIN_MIGRATE_CONFIRM3_PARAMS')['cancelled'], 1);
  t.deepEqual(target.said, ['PREPARE']);
});

test('a transfer that fails is thrown away on the target, and needs no word to the source', async t => {
  const error = refusal(errorNumbers.OPERATION_FAILED, 'no route');
  const {source, target} = bothEnds({DOMAIN_MIGRATE_PERFORM3_PARAMS: fails(error)});
  t.is(await t.throwsAsync(migrateManaged(source.link, dom, target.link, {})), error);
  t.deepEqual(source.said, ['BEGIN', 'PERFORM']);
  t.deepEqual(target.said, ['PREPARE', 'FINISH']);
  t.is(target.argsOf('DOMAIN_MIGRATE_FINISH3_PARAMS')['cancelled'], 1);
});

test('a signal aborts the transfer, and its reason comes once that has ended', async t => {
  const stop = new AbortController();
  const aborted = Promise.withResolvers<never>();
  const {source, target} = bothEnds({
    DOMAIN_MIGRATE_PERFORM3_PARAMS() {
      stop.abort(new Error('enough'));
      return aborted.promise;
    },
    DOMAIN_ABORT_JOB: () => aborted.reject(refusal(errorNumbers.OPERATION_ABORTED, 'aborted')),
  });
  const migration = migrateManaged(source.link, dom, target.link, {signal: stop.signal});
  await t.throwsAsync(migration, {message: 'enough'});
  t.deepEqual(source.said, ['BEGIN', 'PERFORM', 'ABORT_JOB']);
  t.is(target.argsOf('DOMAIN_MIGRATE_FINISH3_PARAMS')['cancelled'], 1);
});

test('a transfer that outruns its signal has happened', async t => {
  const stop = new AbortController();
  const {source, target} = bothEnds({
    DOMAIN_MIGRATE_PERFORM3_PARAMS() {
      stop.abort(new Error('too late'));
      return {cookieOut: performed};
    },
  });
  t.deepEqual(await migrateManaged(source.link, dom, target.link, {signal: stop.signal}), there);
  t.is(source.argsOf('DOMAIN_MIGRATE_CONFIRM3_PARAMS')['cancelled'], 0);
});

test('a signal between the acts undoes both ends', async t => {
  const stop = new AbortController();
  const {source, target} = bothEnds(
    {},
    {
      DOMAIN_MIGRATE_PREPARE3_PARAMS() {
        stop.abort(new Error('enough'));
        return {cookieOut: prepared, uriOut: null};
      },
    },
  );
  await t.throwsAsync(migrateManaged(source.link, dom, target.link, {signal: stop.signal}), {message: 'enough'});
  t.deepEqual(source.said, ['BEGIN', 'CONFIRM']);
  t.is(source.argsOf('DOMAIN_MIGRATE_CONFIRM3_PARAMS')['cancelled'], 1);
  t.is(target.argsOf('DOMAIN_MIGRATE_FINISH3_PARAMS')['cancelled'], 1);
});

test('a target that cannot start the domain leaves it to the source', async t => {
  const {source, target} = bothEnds({}, {DOMAIN_MIGRATE_FINISH3_PARAMS: fails(refusal(9, 'no memory'))});
  const migration = migrateManaged(source.link, dom, target.link, {});
  await t.throwsAsync(migration, {instanceOf: MigrationError, code: 'MIGRATION_TARGET_FAILED', message: /no memory/});
  t.is(source.argsOf('DOMAIN_MIGRATE_CONFIRM3_PARAMS')['cancelled'], 1);
});

test('a target that went away, but runs the domain, has it', async t => {
  const {source, target} = bothEnds(
    {},
    {
      DOMAIN_MIGRATE_FINISH3_PARAMS: fails(lost),
      DOMAIN_LOOKUP_BY_NAME: () => ({dom: there}),
      DOMAIN_GET_STATE: () => ({state: 1, reason: 2}),
    },
  );
  t.deepEqual(await migrateManaged(source.link, dom, target.link, {}), there);
  t.is(source.argsOf('DOMAIN_MIGRATE_CONFIRM3_PARAMS')['cancelled'], 0);
});

test('a target that went away, and does not know the domain, leaves it to the source', async t => {
  const {source, target} = bothEnds(
    {},
    {DOMAIN_MIGRATE_FINISH3_PARAMS: fails(lost), DOMAIN_LOOKUP_BY_NAME: fails(refusal(errorNumbers.NO_DOMAIN, 'none'))},
  );
  await t.throwsAsync(migrateManaged(source.link, dom, target.link, {}), {code: 'MIGRATION_TARGET_FAILED'});
  t.is(source.argsOf('DOMAIN_MIGRATE_CONFIRM3_PARAMS')['cancelled'], 1);
});

for (const [situation, script] of [
  ['stays away', {DOMAIN_LOOKUP_BY_NAME: fails(lost)}],
  [
    'holds the domain paused',
    {DOMAIN_LOOKUP_BY_NAME: () => ({dom: there}), DOMAIN_GET_STATE: () => ({state: 3, reason: 2})},
  ],
] satisfies [string, Script][]) {
  test(`nothing runs on the source while a target that went away ${situation}`, async t => {
    const {source, target} = bothEnds({}, {DOMAIN_MIGRATE_FINISH3_PARAMS: fails(lost), ...script});
    const migration = migrateManaged(source.link, dom, target.link, {outcomeMsMax: 1});
    await t.throwsAsync(migration, {instanceOf: MigrationError, code: 'MIGRATION_OUTCOME_UNKNOWN'});
    t.deepEqual(source.said, ['BEGIN', 'PERFORM']);
  });
}

test('a source that cannot be told is no failure of the target', async t => {
  const {source, target} = bothEnds({DOMAIN_MIGRATE_CONFIRM3_PARAMS: fails(lost)});
  const migration = migrateManaged(source.link, dom, target.link, {});
  await t.throwsAsync(migration, {instanceOf: MigrationError, code: 'MIGRATION_SOURCE_NOT_TOLD'});
});

test('a domain gets another name on the target', async t => {
  const {source, target} = bothEnds();
  await migrateManaged(source.link, dom, target.link, {destinationName: 'web2'});
  const {params} = target.argsOf('DOMAIN_MIGRATE_FINISH3_PARAMS');
  t.deepEqual(
    (params as {field: string; value: string}[]).filter(({field}) => field === 'destination_name'),
    [{field: 'destination_name', type: 'string', value: 'web2'} as {field: string; value: string}],
  );
});
