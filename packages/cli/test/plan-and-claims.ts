import {readdir, readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';

import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {openStore} from '@dr-toolkit/engine';
import {type Host, openHost} from '@dr-toolkit/hosts';

import {domainXml, webUuid} from '../../hosts/test/fixtures/domain-xml.ts';
import {type LibvirtDaemon, startLibvirtDaemon} from '../../libvirt/test/fixtures/libvirt-daemon.ts';
import {drAtTerminal} from './fixtures/at-terminal.ts';
import {type Dr, drIn} from './fixtures/run-dr.ts';

const test = anyTest.serial as TestFn;
const plan = ['plan', 'migrate', '--from', 'sunjammer', '--to', 'newhost'];
const move = ['migrate', '--from', 'sunjammer', '--to', 'newhost', '--yes'];
const foreign = {run: 'theirs', controller: 'mallow:1#1', token: 9, until: '2999-01-01T00:00:00.000Z'};

let daemons: readonly LibvirtDaemon[] = [];
let hosts: readonly Host[] = [];

test.before('two daemons without privileges, as two machines', async () => {
  const uuids = ['5aa9bd3e-0000-4000-8000-000000000021', '5aa9bd3e-0000-4000-8000-000000000022'];
  daemons = await Promise.all(uuids.map(uuid => startLibvirtDaemon({config: [`host_uuid = "${uuid}"`]})));
  hosts = daemons.map((daemon, nr) => openHost({name: `host-${nr}`, uri: daemon.uri('qemu', '/session')}));
});
test.after.always('they end', async () => {
  await Promise.all(hosts.map(host => host.close()));
  await Promise.all(daemons.map(daemon => daemon.stop()));
});
test.beforeEach('one domain without disks, shut off on the first', async () => {
  await Promise.all(hosts.map(host => host.undefine(webUuid)));
  await source().define(domainXml({type: 'qemu', machine: 'pc'}));
});

function source(): Host {
  const [first] = hosts;
  if (!first) throw new Error('no daemons');
  return first;
}

function estate({
  peer,
  fence,
  lanes,
}: {readonly peer?: string; readonly fence?: string; readonly lanes?: string} = {}): string {
  const [from = '', to = ''] = daemons.map(daemon => daemon.uri('qemu', '/session'));
  const fenced = fence === undefined ? '' : `, fence: {agent: fence_ipmilan, ${fence}}`;
  const ofAll = lanes === undefined ? '' : `lanes: ${lanes}\n`;
  const peers = peer === undefined ? '' : `, peerUri: "${peer}"`;
  return `estate: x\nhosts:\n  sunjammer: {uri: "${from}"${fenced}}\n  newhost: {uri: "${to}"${peers}}\n${ofAll}`;
}

async function drWithPlan(t: ExecutionContext): Promise<Dr> {
  const dr = await drIn(t);
  await dr.write('dr.yaml', estate());
  const {exitCode, stderr} = await dr.run(...plan, '--out', 'plan.json');
  t.is(exitCode, 0, stderr);
  return dr;
}

test('a plan is written for its owner alone, and not over another file', async t => {
  const dr = await drWithPlan(t);
  const file = join(dr.folder, 'plan.json');
  const first = await readFile(file, 'utf8');
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.like(JSON.parse(first), {format: 'dr-plan/1', intent: {command: 'migrate --from sunjammer --to newhost'}});
  const again = await dr.run(...plan, '--out', 'plan.json', '--mode', 'offline');
  t.is(again.exitCode, 3);
  t.regex(again.stderr, /plan\.json exists.*\n.*--force/u);
  t.is(await readFile(file, 'utf8'), first);
  t.is((await dr.run(...plan, '--out', 'plan.json', '--mode', 'offline', '--force')).exitCode, 0);
  t.not(await readFile(file, 'utf8'), first);
});

test('exactly that plan is run, and leaves no claim', async t => {
  const dr = await drWithPlan(t);
  const looked = await dr.run('run', 'plan.json', '--dry-run');
  t.is(looked.exitCode, 0, looked.stderr);
  t.regex(looked.stdout, /1 domain, about/u, 'what it would do is the result');
  const refused = await dr.run('run', 'plan.json');
  t.is(refused.exitCode, 3, 'nobody said yes');
  t.truthy(await source().readDomain(webUuid), 'nothing has moved');
  const {exitCode, stderr} = await dr.run('run', 'plan.json', '--yes');
  t.is(exitCode, 0, stderr);
  t.is(await source().readDomain(webUuid), undefined);
  t.is((await hosts[1]?.readDomain(webUuid))?.state, 'shutoff');
  t.is(await hosts[1]?.readClaim(webUuid), undefined);
  const {stdout} = await dr.run('claims');
  t.is(stdout, 'No domain is claimed');
});

test('a pool in lanes.pools that is not there is a warning, when it is planned and when the plan is run', async t => {
  const dr = await drWithPlan(t);
  await dr.write('dr.yaml', estate({lanes: '{pools: {nvme: 4}}'}));
  for (const command of [plan, ['run', 'plan.json', '--dry-run']]) {
    const {exitCode, stdout, stderr} = await dr.run(...command);
    t.is(exitCode, 0, stderr);
    const told = stdout + stderr;
    t.regex(told, /Warnings \(2 findings\)/u);
    t.regex(told, /on newhost {2}\[LANE_POOL_MISSING\]\n +newhost has no pool nvme, which dr\.yaml gives a lane/u);
    t.regex(told, /Correct lanes\.pools in dr\.yaml\. There is no pool on newhost yet/u);
  }
});

test('a plan is refused when the world has drifted, with what has, and how to plan anew', async t => {
  const dr = await drWithPlan(t);
  await source().start(webUuid);
  const started = await dr.run('run', 'plan.json', '--yes');
  await source().destroy(webUuid);
  t.is(started.exitCode, 3);
  t.regex(started.stderr, /web was shut off on sunjammer and is running there now/u);
  const [, hinted = ''] =
    /Plan anew, over the old one: dr (plan migrate --out plan\.json .*)$/mu.exec(started.stderr) ?? [];
  t.is(hinted, 'plan migrate --out plan.json --force --from sunjammer --to newhost');
  await dr.write('dr.yaml', estate({peer: 'qemu+ssh://root@10.0.0.2/system'}));
  const elsewhere = await dr.run('run', 'plan.json', '--yes', '--json');
  t.is(elsewhere.exitCode, 3);
  t.regex(elsewhere.stdout, /"type":"drift".*newhost as its peers reach it was .* and is qemu\+ssh:\/\/root@10/u);
  await source().undefine(webUuid);
  await dr.write('dr.yaml', estate());
  t.regex((await dr.run('run', 'plan.json', '--yes')).stderr, /web was shut off on sunjammer and is absent there now/u);
});

test('what is no plan, or not as it was made, is a mistake of whoever asks', async t => {
  const dr = await drWithPlan(t);
  const made = JSON.parse(await readFile(join(dr.folder, 'plan.json'), 'utf8')) as {mode: string; steps: object[]};
  const texts = {
    nonsense: '{"format":',
    another: '{"format": "dr-plan/9"}',
    tampered: JSON.stringify({...made, mode: 'disaster'}),
    stranger: JSON.stringify({...made, steps: [{...made.steps[0], kind: 'dance'}]}),
  };
  for (const [name, text] of Object.entries(texts)) {
    await dr.write(`${name}.json`, text);
    const {exitCode, stderr} = await dr.run('run', `${name}.json`, '--yes');
    t.is(exitCode, 2, `${name}: ${stderr}`);
    t.regex(stderr, /^dr: .*plan/iu, name);
    t.notRegex(stderr, /not foreseen/u, name);
  }
  t.is((await dr.run('run', 'missing.json', '--yes')).exitCode, 2);
});

test("another controller's claim stands in the way, is listed, and is broken by name only", async t => {
  const dr = await drWithPlan(t);
  await source().writeClaim(webUuid, foreign);
  const listed = await dr.run('claims', 'sunjammer');
  t.is(listed.exitCode, 0, listed.stderr);
  t.regex(listed.stdout, /^web +sunjammer +theirs +mallow:1#1 +2999-01-01 00:00:00 +held$/mu);
  for (const command of [move, ['run', 'plan.json', '--yes'], plan]) {
    const {exitCode, stdout, stderr} = await dr.run(...command);
    t.is(exitCode, 3, stderr);
    t.regex(stdout + stderr, /web is held by run theirs of mallow:1#1, until 2999-01-01/u);
  }
  const live = await dr.run(...move, '--break-claim', 'web');
  t.is(live.exitCode, 3, 'no flag breaks a claim that is renewed');
  t.regex(live.stderr, /broken only at a terminal/u);
  await source().writeClaim(webUuid, {...foreign, until: '2001-01-01T00:00:00.000Z'});
  t.regex((await dr.run('claims')).stdout, /expired$/mu);
  t.is((await dr.run(...move)).exitCode, 3, '--yes alone breaks none');
  t.is((await dr.run(...move, '--break-claim', 'db')).exitCode, 3, 'nor does another name');
  const broken = await dr.run(...move, '--break-claim', 'web');
  t.is(broken.exitCode, 0, broken.stderr);
  t.is(await hosts[1]?.readClaim(webUuid), undefined);
});

test('a claim that is renewed is broken at a terminal, by typing the name of the domain', async t => {
  const dr = await drWithPlan(t);
  await source().writeClaim(webUuid, foreign);
  const breaking = () =>
    drAtTerminal(['migrate', '--from', 'sunjammer', '--to', 'newhost', '--break-claim', 'web'], {
      cwd: dr.folder,
      columns: 300,
      env: {DR_STATE_DIR: join(dr.folder, 'state'), DR_ESTATE: ''},
    });
  for (const [typed, code] of [
    ['y', 3],
    ['web', 0],
  ] as const) {
    const terminal = breaking();
    await terminal.until(/web is held by run theirs of mallow:1#1.* type web to break the claim: /u);
    terminal.type(`${typed}\r`);
    if (typed === 'web') {
      await terminal.until(/Move 1 domain .*\[y\/N\] /u);
      terminal.type('y\r');
    }
    t.is(await terminal.ended, code, terminal.shown());
    t.is(/Type exactly: web/u.test(terminal.shown()), code === 3);
    t.is((await source().readDomain(webUuid)) === undefined, code === 0);
  }
  t.is(await hosts[1]?.readClaim(webUuid), undefined);
});

test('a dry run says which claim would be broken and how, and refuses what --yes cannot break', async t => {
  const dr = await drWithPlan(t);
  await source().writeClaim(webUuid, foreign);
  const breaking = ['migrate', '--from', 'sunjammer', '--to', 'newhost', '--break-claim', 'web', '--dry-run'];
  const live = await dr.run(...breaking);
  t.is(live.exitCode, 0, live.stderr);
  t.regex(live.stdout, /web is held by run theirs .* The claim would be broken at a terminal, by typing its name/u);
  const refused = await dr.run(...breaking, '--yes');
  t.is(refused.exitCode, 3, 'as without --dry-run');
  t.regex(refused.stderr, /broken only at a terminal/u);
  t.like(await source().readClaim(webUuid), {run: 'theirs'});
});

test('a dry run of resume asks the hosts what became of a step that was under way, and changes nothing', async t => {
  const dr = await drWithPlan(t);
  t.is((await dr.run(...move)).exitCode, 0);
  const store = openStore(join(dr.folder, 'state/runs.sqlite'));
  await store.tx(async tx => {
    await tx.q(`UPDATE run SET state = 'running'`);
    await tx.q(`UPDATE step SET state = 'running' WHERE id LIKE '%/verify'`);
    await tx.q(`UPDATE step SET state = 'pending' WHERE id LIKE '%/retire'`);
  });
  await store.close();
  const {stdout: steps} = await dr.run('show', 'last');
  const {exitCode, stdout, stderr} = await dr.run('resume', 'last', '--dry-run');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^web\/verify +look +(nothing of it is there: it is done again|it is done)$/mu);
  t.regex(stdout, /^web\/retire +wait +after web\/verify$/mu);
  t.is((await dr.run('show', 'last')).stdout, steps);
  t.is(await hosts[1]?.readClaim(webUuid), undefined);
  t.is((await dr.run('resume', 'last', '--yes')).exitCode, 0);
});

test('what dr.yaml marks as a secret reaches neither journal nor logs nor a command line', async t => {
  const secrets = ['Paravane-77', 'from a file: 8812'];
  const dr = await drIn(t, {BMC_PASSWORD: secrets[0] ?? ''});
  await dr.write('dr.yaml', estate({fence: 'secrets: {password: {env: BMC_PASSWORD}, key: {file: bmc.key}}'}));
  await dr.write('bmc.key', `${secrets[1]}\n`);
  const commandLines = new Set<string>();
  const looking = setInterval(() => void readCommandLines(commandLines), 50);
  const moved = await dr.run(...move, '--json');
  clearInterval(looking);
  t.is(moved.exitCode, 0, moved.stderr);
  t.true(
    [...commandLines].some(line => line.includes('--from')),
    'the process list was seen',
  );
  const entries = await readdir(dr.folder, {recursive: true, withFileTypes: true});
  const files = entries.filter(entry => entry.isFile() && entry.name !== 'bmc.key');
  const written = await Promise.all(files.map(entry => readFile(join(entry.parentPath, entry.name), 'latin1')));
  t.true(
    written.some(text => text.includes('run-started')),
    'the journal is among them',
  );
  for (const secret of secrets) {
    for (const text of [...written, ...commandLines, moved.stdout, moved.stderr]) t.false(text.includes(secret));
  }
});

test('a plan that names a secret is refused before it is written down', async t => {
  const dr = await drIn(t, {BMC_PASSWORD: 'web'});
  await dr.write('dr.yaml', estate({fence: 'secrets: {password: {env: BMC_PASSWORD}}'}));
  const {exitCode, stderr} = await dr.run(...move);
  t.is(exitCode, 3, stderr);
  t.regex(stderr, /The plan holds a secret/u);
  t.notRegex((await dr.run('runs')).stdout, /migrate/u);
});

async function readCommandLines(lines: Set<string>): Promise<void> {
  for (const pid of await readdir('/proc')) {
    if (/^\d+$/u.test(pid)) lines.add(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  }
}
