/**
 * `npm run demo`: two real libvirt hosts come up on this machine, six running VMs move from one to the other with
 * `dr migrate`, and everything is taken down again. Where this machine cannot have a lab, it says what is missing, and
 * shows the plan and its preflight against two unprivileged libvirt daemons instead.
 */
import {execa} from 'execa';
import {labRefusals} from '@dr-toolkit/lab';
import {previewEstate} from './preview-estate.ts';

const lab = 'demo';
/** What `dr` ends with when it has not begun. */
const refused = 3;
const interrupted = new AbortController();
let running: {kill(signal: 'SIGTERM'): boolean} | undefined;
process.on('SIGINT', () => interrupted.abort()); // the terminal tells what runs, too
for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted.abort();
    running?.kill('SIGTERM');
  });
}
// A terminal that goes away takes the words, not the cleaning up.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const refusals = await labRefusals();
if (refusals.length > 0) {
  console.log('This machine cannot have the lab yet:');
  for (const {message, remedy} of refusals) console.log(`  ${message}. ${remedy}`);
  await preview();
} else {
  await tour();
}

async function tour(): Promise<void> {
  const up = await dr(['lab', 'up', '--name', lab]);
  if (up === refused) return; // a lab of that name is somebody else's
  await using _down = {[Symbol.asyncDispose]: async () => void (await dr(['lab', 'down', '--name', lab, '--yes']))};
  if (up !== 0) return;
  const {labEstateFile} = await import('@dr-toolkit/lab');
  process.env['DR_ESTATE'] = labEstateFile(lab);
  say(`export DR_ESTATE=${process.env['DR_ESTATE']}`);
  if ((await dr(['status'])) !== 0) return;
  if ((await dr(['migrate', '--from', 'sunjammer', '--to', 'newhost', '--yes'])) !== 0) return;
  await dr(['status']);
}

async function preview(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  try {
    const estate = stack.use(await previewEstate());
    process.env['DR_ESTATE'] = estate.file;
  } catch (error) {
    process.exitCode = interrupted.signal.aborted ? 130 : 1;
    if (interrupted.signal.aborted) return;
    console.log(`\nA preview needs libvirtd and QEMU: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  console.log('\nUntil then, a preview: two libvirt daemons without privileges, on which nothing will be moved.');
  if ((await dr(['status'])) === 0) await dr(['plan', 'migrate', '--from', 'sunjammer', '--to', 'newhost']);
}

/** Runs `dr` as its user would see it, and returns its exit code. An interrupted demo runs nothing but `lab down`. */
async function dr(args: string[]): Promise<number> {
  const cleanup = args[0] === 'lab' && args[1] === 'down';
  if (interrupted.signal.aborted && !cleanup) {
    process.exitCode = 130;
    return 130;
  }
  say(`dr ${args.join(' ')}`);
  const child = execa('dr', args, {preferLocal: true, reject: false, stdio: 'inherit', forceKillAfterDelay: false});
  running = cleanup ? undefined : child;
  const {exitCode = 1} = await child;
  running = undefined;
  if (exitCode !== 0) process.exitCode = exitCode;
  return exitCode;
}

function say(command: string): void {
  console.log(`\n$ ${command}`);
}
