import anyTest, {type ExecutionContext, type TestFn} from 'ava';

import {type CrashRig, crashRig, type HostName, images} from './fixtures/crash-rig.ts';
import {ranOn} from '../fixtures/ran-on.ts';

interface Context {
  readonly rig: CrashRig;
  /** Where the domain is. */
  readonly course: {home: HostName; runs: number};
}

const test = anyTest as TestFn<Context>;
type Test = ExecutionContext<Context>;
const name = 'aslo-proxy';
const step = `${name}/move`;

test.before(async t => {
  t.timeout(540_000);
  Object.assign(t.context, {rig: await crashRig({vms: 1}), course: {home: 'sunjammer', runs: 0}});
});

test.after.always(async t => t.context.rig?.close());

/** What somebody, or something, does to the domain while the controller is dead, and how a person mends it. */
interface Contradiction {
  readonly make: (rig: CrashRig, place: Place) => Promise<unknown>;
  readonly mend: (rig: CrashRig, place: Place) => Promise<unknown>;
  /** What `dr show` has to tell of each side. */
  readonly evidence: (place: Place) => readonly RegExp[];
  /** Every host that knows the domain, while the run waits. */
  readonly places: (place: Place) => Record<string, string>;
  readonly guest: 'runs on' | 'boots again';
}

interface Place {
  readonly from: HostName;
  readonly to: HostName;
}

const waits = test.macro({
  async exec(t: Test, {make, mend, evidence, places, guest}: Contradiction) {
    t.timeout(240_000);
    const {rig, course} = t.context;
    const place: Place =
      course.home === 'sunjammer' ? {from: 'sunjammer', to: 'newhost'} : {from: 'newhost', to: 'sunjammer'};
    const run = `contradiction-${++course.runs}`;
    const route = {targetUri: `qemu+ssh://root@${place.to}/system`};
    const request = {...place, domains: [name], sourceDisks: 'delete' as const, route};
    // The intent is on record, and nobody knows what came of it.
    t.true(await rig.controller(run, {when: 'after', event: `step-started ${step}`}, request));
    await make(rig, place);
    await rig.events.take(() => true);

    for (const again of ['once', 'twice']) {
      const resumed = await rig.dr(['resume', run, '--yes']);
      t.is(resumed.exitCode, 1, `${again}: ${resumed.stdout}${resumed.stderr}`);
      t.is((await rig.show(run)).state, 'waiting', again);
      const shown = await rig.dr(['show', run]);
      for (const side of evidence(place)) t.regex(shown.stdout, side, again);
      t.regex(shown.stdout, /It waits for an answer/u, again);
      t.deepEqual(await rig.places(name), places(place), again);
      t.deepEqual(await rig.events.take(seen => seen.length > 0, 2000), [], `${again}: nothing was done`);
      t.is((await rig.store.read('SELECT * FROM hold WHERE run = ?', [run])).length > 0, true, 'it keeps its lanes');
    }

    await mend(rig, place);
    const settled = await rig.dr(['resume', run, '--yes', '--answer', `${step}=look`]);
    t.is(settled.exitCode, 0, `${settled.stdout}${settled.stderr}`);
    course.home = place.to;
    const [vm] = rig.vms;
    t.deepEqual(await rig.places(name), {[place.to]: 'running'});
    t.is(await rig.shell(place.to, `sha256sum < ${images}/${name}-data.raw`), vm?.sha256 ?? '');
    if (guest === 'runs on' && vm) t.true(await ranOn(rig.lab, vm, vm.bootId));
  },
  title: (situation = '') => `${situation}: the run waits for a person, with the evidence, and does nothing`,
});

const uuidOf = (rig: CrashRig, host: string) => rig.shell(host, `virsh domuuid ${name}`);

test.serial('another domain of that identity runs on the target', waits, {
  async make(rig, {from, to}) {
    const xml = `<domain type="qemu"><name>${name}</name><uuid>${await uuidOf(rig, from)}</uuid><memory unit="MiB">32</memory><os><type arch="x86_64" machine="pc">hvm</type></os></domain>`;
    await rig.shell(to, `echo '${xml}' > /var/lib/libvirt/other.xml && virsh create /var/lib/libvirt/other.xml`);
  },
  mend: (rig, {to}) => rig.shell(to, `virsh destroy ${name}`),
  evidence: ({from, to}) => [new RegExp(`${from}.*running`, 'u'), new RegExp(`${to}.*running.*transient`, 'u')],
  places: ({from, to}) => ({[from]: 'running', [to]: 'running'}),
  guest: 'runs on',
});

test.serial('the source is paused and the target does not answer', waits, {
  async make(rig, {from, to}) {
    await rig.shell(from, `virsh suspend ${name}`);
    await rig.lab.cut('controller', to);
  },
  async mend(rig, {from, to}) {
    await rig.lab.heal('controller', to);
    await rig.shell(from, `virsh resume ${name}`);
  },
  evidence: ({from, to}) => [new RegExp(`${from}.*paused`, 'u'), new RegExp(`${to}.*(no answer|reach|answer)`, 'iu')],
  places: ({from}) => ({[from]: 'paused'}),
  guest: 'runs on',
});

test.serial('it is gone from both hosts', waits, {
  make: (rig, {from}) =>
    rig.shell(
      from,
      `virsh dumpxml ${name} --inactive > /var/lib/libvirt/gone.xml && virsh destroy ${name} && virsh undefine ${name}`,
    ),
  mend: (rig, {from}) => rig.shell(from, `virsh define /var/lib/libvirt/gone.xml && virsh start ${name}`),
  evidence: ({from, to}) => [new RegExp(`${from}.*not there`, 'u'), new RegExp(`${to}.*not there`, 'u')],
  places: () => ({}),
  guest: 'boots again',
});
