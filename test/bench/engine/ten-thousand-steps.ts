/**
 * What the engine itself costs: 10,000 steps over 500 simulated hosts, on a real store in a temporary folder.
 * Prints one line per figure with its goal; exits 1 when one is missed.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {loadavg, tmpdir} from 'node:os';
import {join} from 'node:path';

import {checkJournal, defineStep, makePlan, openStore, runPlan, type StepInput} from '@dr-toolkit/engine';

const hosts = 500;
const perHost = 20;

interface CopyArgs {
  readonly source: string;
  readonly target: string;
}

const done = new Set<string>();
const copy = defineStep<CopyArgs>('copy', {
  lanes: ({source, target}) => [
    {lane: `host:${source}/disk`, places: 1},
    {lane: `host:${target}/disk`, places: 1},
    {lane: 'link:site-a/site-b', places: 1},
  ],
  inspect: async (_args, {step}) => (done.has(step) ? {state: 'done'} : {state: 'pending'}),
  perform: async (_args, {step}) => {
    await new Promise(resolve => setTimeout(resolve, 1));
    done.add(step);
    return {bytes: 1};
  },
});

const folder = mkdtempSync(join(tmpdir(), 'dr-bench-'));
try {
  const planned = performance.now();
  const plan = makePlan(
    {intent: {command: 'bench'}, mode: 'planned', estate: 'none', inventory: 'none', steps: steps()},
    {kinds: [copy]},
  );
  const planningMs = performance.now() - planned;

  const store = openStore(join(folder, 'dr.db'));
  let events = 0;
  const before = process.cpuUsage();
  const began = performance.now();
  const {status, folder: runFolder = ''} = await runPlan(plan, {
    store,
    kinds: [copy],
    context: {},
    lanes: {'link:site-a/site-b': 1000},
    runsFolder: join(folder, 'runs'),
    onEvent: () => events++,
  });
  const seconds = (performance.now() - began) / 1000;
  const {user, system} = process.cpuUsage(before);
  const memoryMib = process.resourceUsage().maxRSS / 1024;
  await store.close();
  const journal = checkJournal(runFolder);
  if (status !== 'done' || done.size !== plan.steps.length || !journal.ok) throw new Error(`The run is ${status}`);

  figure('planning', planningMs, 1000, 'ms', 'under');
  figure('CPU a step', (user + system) / 1000 / plan.steps.length, 1, 'ms', 'under');
  figure('memory at its peak', memoryMib, 250, 'MiB', 'under');
  figure('durable events a second', events / seconds, 5000, '', 'over');
  const [load = 0] = loadavg();
  process.stdout.write(
    `${plan.steps.length} steps, ${events} events, ${seconds.toFixed(2)} s, load average ${load.toFixed(1)}\n`,
  );
} finally {
  rmSync(folder, {recursive: true, force: true});
}

function steps(): StepInput[] {
  return Array.from({length: hosts * perHost}, (_nothing, nr) => {
    const host = nr % hosts;
    const wave = Math.floor(nr / hosts);
    return {
      id: `copy-${nr}`,
      kind: 'copy',
      title: `Copy domain ${nr}`,
      args: {source: `a${host}`, target: `b${(host + wave) % hosts}`},
      group: {wave},
      // Every fifth waits for its neighbour in the wave before.
      needs: wave > 0 && nr % 5 === 0 ? [`copy-${nr - hosts}`] : [],
    };
  });
}

function figure(name: string, value: number, goal: number, unit: string, side: 'under' | 'over'): void {
  const met = side === 'under' ? value < goal : value > goal;
  if (!met) process.exitCode = 1;
  const shown = value < 10 ? value.toFixed(2) : value.toFixed(0);
  process.stdout.write(`${met ? 'ok  ' : 'MISS'} ${name}: ${shown} ${unit} (goal: ${side} ${goal})\n`);
}
