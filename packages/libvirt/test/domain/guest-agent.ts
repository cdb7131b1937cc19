import test from 'ava';
import {GuestAgent} from '../../src/domain/guest-agent.ts';
import {ScriptedDaemon} from '../fixtures/scripted-daemon.ts';

const dom = {name: 'db', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1};

function agentThat(script: ConstructorParameters<typeof ScriptedDaemon>[2]): {
  daemon: ScriptedDaemon;
  agent: GuestAgent;
} {
  const daemon = new ScriptedDaemon('alder', 0, script);
  return {daemon, agent: new GuestAgent(daemon.link, dom)};
}

test('a command goes to the agent as JSON, and what it returned comes back', async t => {
  const {daemon, agent} = agentThat({DOMAIN_AGENT_COMMAND: () => ({result: '{"return":{"version":"7.2"}}'})});
  t.deepEqual(await agent.command({execute: 'guest-info'}, {timeoutSeconds: 3}), {version: '7.2'});
  t.deepEqual(daemon.argsOf('DOMAIN_AGENT_COMMAND'), {dom, cmd: '{"execute":"guest-info"}', timeout: 3});
});

test('a command may wait for ever, or as long as the daemon does', async t => {
  const {daemon, agent} = agentThat({DOMAIN_AGENT_COMMAND: () => ({result: null})});
  await agent.command({execute: 'guest-shutdown'}, {timeoutSeconds: Infinity});
  await agent.command({execute: 'guest-ping'});
  t.deepEqual(
    daemon.calls.map(({args}) => args['timeout']),
    [-2, -1],
  );
});

test('a freeze names its filesystems and tells how many they were', async t => {
  const {daemon, agent} = agentThat({
    DOMAIN_FSFREEZE: () => ({filesystems: 2}),
    DOMAIN_FSTHAW: () => ({filesystems: 2}),
  });
  t.is(await agent.fsfreeze(['/', '/srv']), 2);
  t.is(await agent.fsthaw(), 2);
  t.deepEqual(
    daemon.calls.map(({args}) => args['mountpoints']),
    [['/', '/srv'], []],
  );
});

test('filesystems are told with the disks they lie on', async t => {
  const info = [{mountpoint: '/', name: 'vda1', fstype: 'ext4', devAliases: ['vda']}];
  const {agent} = agentThat({DOMAIN_GET_FSINFO: () => ({info, ret: 1})});
  t.deepEqual(await agent.filesystems(), [{mountpoint: '/', name: 'vda1', type: 'ext4', disks: ['vda']}]);
});

test("the guest's clock is read and set to the millisecond", async t => {
  const {daemon, agent} = agentThat({DOMAIN_GET_TIME: () => ({seconds: 1_700_000_000n, nseconds: 250_999_999})});
  t.is((await agent.time()).toISOString(), '2023-11-14T22:13:20.250Z');
  await agent.setTime(new Date('2023-11-14T22:13:20.250Z'));
  t.like(daemon.argsOf('DOMAIN_SET_TIME'), {seconds: 1_700_000_000, nseconds: 250_000_000, flags: 0});
});

test("the guest's clock can be taken from its hardware clock", async t => {
  const {daemon, agent} = agentThat({});
  await agent.setTime('sync');
  t.like(daemon.argsOf('DOMAIN_SET_TIME'), {seconds: 0, nseconds: 0, flags: 1});
});

test('facts about the guest are asked for by kind, and come by name', async t => {
  const params = [{field: 'os.id', type: 'string', value: 'debian'}];
  const {daemon, agent} = agentThat({DOMAIN_GET_GUEST_INFO: () => ({params})});
  t.deepEqual(await agent.info(['os', 'hostname']), {'os.id': 'debian'});
  t.is(daemon.argsOf('DOMAIN_GET_GUEST_INFO')['types'], 10);
});

test('the host name is the one that the agent knows', async t => {
  const {daemon, agent} = agentThat({DOMAIN_GET_HOSTNAME: () => ({hostname: 'db.example.net'})});
  t.is(await agent.hostname(), 'db.example.net');
  t.is(daemon.argsOf('DOMAIN_GET_HOSTNAME')['flags'], 2);
});
