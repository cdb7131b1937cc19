import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {askGuest, labUp, openLab, waitForGuest} from '@dr-toolkit/lab';
import {parseEstate} from '@dr-toolkit/estate';
import {RpcClient} from '@dr-toolkit/libvirt';
import {countedPast} from '../fixtures/counted-past.ts';
import {ranOn} from '../fixtures/ran-on.ts';
import {marksOf, traces} from './fixtures/traces.ts';
import {scratchLabs} from './fixtures/scratch-labs.ts';

test('a lab does what real hosts do, and leaves nothing behind', async t => {
  const folder = await scratchLabs(t);
  const lab = await labUp({name: 'one', vms: 2, onProgress: ({subject, message}) => t.log(subject, message)});
  const marks = await marksOf(join(folder, 'one'));
  t.not((await traces(marks)).length, 0, 'the search for traces finds a lab that is up');
  const run = async (host: string, ...argv: string[]) => lab.exec(host, argv);

  const status = await lab.status();
  t.is(status.state, 'up');
  t.deepEqual(
    status.guests.map(({name, runningOn, answer}) => [name, runningOn, answer?.host]),
    [
      ['aslo-proxy', ['sunjammer'], 'aslo-proxy'],
      ['aslo-web1', ['sunjammer'], 'aslo-web1'],
    ],
  );
  const estate = parseEstate(await readFile(status.estateFile, 'utf8'));
  t.is(estate.hosts.find(({name}) => name === 'newhost')?.uri, await lab.uri('newhost'));
  await t.throwsAsync(labUp({name: 'one'}), {code: 'LAB_EXISTS'});

  // Two machines: own names, own UUIDs, ssh between them and from the controller.
  t.is((await run('sunjammer', 'ssh', 'newhost', 'hostname')).stdout, 'newhost');
  t.is((await run('newhost', 'ssh', 'sunjammer', 'hostname')).stdout, 'sunjammer');
  t.is((await run('newhost', 'true')).exitCode, 0);
  t.is((await run('newhost', 'sh', '-c', 'exit 7')).exitCode, 7);
  await using client = await RpcClient.connect(await lab.uri('newhost'));
  t.is((await client.call('CONNECT_GET_HOSTNAME', {})).hostname, 'newhost');
  t.is((await run('newhost', 'sh', '-c', 'echo < /dev/kvm > /dev/kvm')).exitCode !== 0, true);

  // A guest counts on its disk.
  const [proxy = t.fail()] = await lab.guests();
  const first = await askGuest(proxy.address);
  t.is((await countedPast(proxy.address, first.counter + 5)).boot_id, first.boot_id);

  // Its disk is full when it is full.
  const fill = await run('newhost', 'fallocate', '-l', '100G', '/var/lib/libvirt/images/big');
  t.regex(fill.stderr, /No space left/u);
  const size = await run('newhost', 'df', '--block-size=M', '--output=size', '/var/lib/libvirt');
  t.true(Number(/(\d+)M/u.exec(size.stdout)?.[1]) < 4096);

  // Cuts are silent, and heal.
  const reach = (seconds: number) => run('sunjammer', 'ssh', '-o', `ConnectTimeout=${seconds}`, 'newhost', 'true');
  for (const ends of [['newhost'], ['sunjammer', 'newhost']] as const) {
    await lab.cut(ends[0], ends[1]);
    t.regex((await reach(2)).stderr, /timed out/iu);
    await lab.heal(ends[0], ends[1]);
    t.is((await reach(30)).exitCode, 0);
  }
  await lab.cut('newhost', 'controller');
  t.deepEqual((await lab.status()).cuts, [['newhost', 'controller']]);
  t.is((await reach(30)).exitCode, 0);
  await lab.heal('controller', 'newhost');
  t.deepEqual((await lab.status()).cuts, []);

  // A slow link is slow: 1 MB at 8 Mbit/s takes a second.
  await lab.setLink('newhost', {rateMbit: 8});
  const slowSince = performance.now();
  await run('sunjammer', 'sh', '-c', 'head -c 1000000 /dev/zero | ssh newhost cat > /dev/null');
  t.true(performance.now() - slowSince > 700);
  await lab.setLink('newhost', {});

  // libvirtd dies and comes back; its guests live on.
  await lab.killLibvirtd('sunjammer');
  t.false((await lab.status()).hosts[0]?.libvirtd);
  t.is((await askGuest(proxy.address)).boot_id, first.boot_id);
  await lab.startLibvirtd('sunjammer');
  t.deepEqual((await lab.status()).guests[0]?.runningOn, ['sunjammer']);

  // The plug is pulled: everything dies at once. What a guest had told was on its disk.
  const told = await askGuest(proxy.address);
  await lab.powerOff('sunjammer');
  await t.throwsAsync(askGuest(proxy.address, {timeoutMs: 500}));
  await t.throwsAsync(lab.exec('sunjammer', ['true']), {code: 'HOST_OFF'});
  t.is((await lab.status()).hosts[0]?.power, 'off');
  await lab.setDisk('sunjammer', 3000);
  await lab.powerOn('sunjammer');
  const domains = (await lab.status()).hosts[0]?.domains;
  t.deepEqual(
    domains?.map(({name, state}) => [name, state]),
    [
      ['aslo-proxy', 'shutoff'],
      ['aslo-web1', 'shutoff'],
    ],
  );
  await using home = await RpcClient.connect(await lab.uri('sunjammer'));
  const {dom} = await home.call('DOMAIN_LOOKUP_BY_NAME', {name: 'aslo-proxy'});
  await home.call('DOMAIN_CREATE', {dom});
  const again = await waitForGuest(proxy, {withinMs: 120_000});
  t.not(again.boot_id, first.boot_id);
  t.false(await ranOn(lab, proxy, first.boot_id));
  t.true(again.counter > told.counter);

  t.true(await lab.down());
  t.deepEqual(await traces(marks), []);
  t.false(await lab.down(), 'a second down finds nothing');
  await t.throwsAsync(openLab('one'), {code: 'LAB_UNKNOWN'});
});
