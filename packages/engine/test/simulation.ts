import test from 'ava';
import * as fc from 'fast-check';

import {scenario} from './fixtures/scenario.ts';
import {simulate} from './fixtures/simulate.ts';

// DR_SIM_SEED and DR_SIM_PATH replay what a failure printed; DR_SIM_RUNS asks for more.
const seed = Number(process.env.DR_SIM_SEED ?? Date.now() % 2 ** 31);
const path = process.env.DR_SIM_PATH;
const numRuns = Number(process.env.DR_SIM_RUNS ?? 2000);

test('random plans under failures, crashes and second controllers keep what the engine promises', async t => {
  const sums = {scenarios: 0, runs: 0, crashes: 0, steps: 0, virtualMs: 0};
  const property = fc.asyncProperty(scenario, async given => {
    const {breaches, crashes, steps, virtualMs} = await simulate(given);
    if (breaches.length > 0) throw new Error(breaches.join('\n'));
    sums.scenarios++;
    sums.runs += given.plans.length;
    sums.crashes += crashes;
    sums.steps += steps;
    sums.virtualMs += virtualMs;
  });
  await fc.assert(property, {
    seed,
    numRuns,
    ...(path !== undefined && {path}),
    interruptAfterTimeLimit: 50_000,
    markInterruptAsFailure: true,
  });
  const hours = Math.round(sums.virtualMs / 3_600_000);
  t.log(
    `seed ${seed}: ${sums.runs} runs, ${sums.steps} steps, ${sums.crashes} crashes survived, ${hours} virtual hours`,
  );
  t.true(path !== undefined || sums.scenarios === numRuns);
});
