/**
 * `npm test`: the unit tests, then the lab's where this machine can have a lab, then one closing line that sums both.
 * Arguments are handed to ava: `npm test -- packages/estate/test/load-estate.ts`.
 */
import {execa} from 'execa';

const chosen = process.argv.slice(2);
let passed = 0;
let failed = 0;
let broken = false;

if (chosen.length > 0) {
  const lab = chosen.every(file => file.startsWith('test/'));
  await ava(lab ? ['--config', 'test/ava.config.js', ...chosen] : chosen);
} else {
  await ava([]);
  const {labRefusals} = await import('@dr-toolkit/lab');
  const refusals = await labRefusals();
  if (refusals.length === 0) {
    await ava(['--config', 'test/ava.config.js']);
  } else if (process.env['CI'] === undefined) {
    console.log('The tests on the lab were left out:');
    for (const {message, remedy} of refusals) console.log(`  ${message}. ${remedy}`);
  } else {
    console.log('CI must run the tests on the lab, and cannot:');
    for (const {message, remedy} of refusals) console.log(`  ${message}. ${remedy}`);
    broken = true;
  }
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = broken || failed > 0 || passed === 0 ? 1 : 0;

/** Runs ava with its own output, and adds up what its summary says. */
async function ava(args: string[]): Promise<void> {
  const run = await execa('ava', args, {
    preferLocal: true,
    reject: false,
    stdin: 'ignore',
    stdout: ['inherit', 'pipe'],
    stderr: 'inherit',
  });
  const count = (pattern: RegExp) => Number(pattern.exec(run.stdout)?.[1] ?? 0);
  passed += count(/^\s*(\d+) tests? passed/mu);
  failed += count(/^\s*(\d+) tests? failed/mu);
  broken ||= run.exitCode !== 0;
}
