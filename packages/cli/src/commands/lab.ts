import {spawn} from 'node:child_process';
import {once} from 'node:events';

import {didYouMean} from '@dr-toolkit/estate';
import {
  type Lab,
  labDown,
  type LabProgress,
  type LabStatus,
  labToBringUp,
  labToTakeDown,
  labUp,
  listLabs,
  openLab,
} from '@dr-toolkit/lab';

import {timeText} from '../amounts.ts';
import {CliError} from '../cli-error.ts';
import {describeError, errorEvent} from '../describe-error.ts';
import {codeOf, type ExitCode, exitCodes} from '../exit-code.ts';
import type {GlobalOptions} from '../open-estate.ts';
import {labText, linkText, namesText} from '../lab-text.ts';
import {tellOutlook} from '../tell-outlook.ts';
import {confirmed, type Terminal} from '../terminal.ts';

export type LabCommand = GlobalOptions & {readonly name?: string | undefined; readonly dryRun?: boolean | undefined};

const defaultName = 'lab';

/** `dr lab up` */
export async function up(
  options: LabCommand & {readonly hosts?: readonly string[] | undefined; readonly vms?: number | undefined},
  terminal: Terminal,
): Promise<ExitCode> {
  const {name = defaultName, hosts, vms} = options;
  if (options.dryRun) {
    const wish = await labToBringUp({name, hosts, vms});
    const text = `Would bring up the lab ${name}: ${namesText(wish)}`;
    tellOutlook(terminal, 'lab up', {name, hosts: wish.hosts, guests: wish.guests, text});
    return exitCodes.done;
  }
  const startedMs = performance.now();
  const lab = await labUp({name, hosts, vms, signal: terminal.interrupts.stop, onProgress: teller(terminal)});
  const found = await lab.status();
  terminal.event({type: 'lab', ...found});
  terminal.say(`Lab ${name} is up after ${timeText(performance.now() - startedMs)}\n\n${labText(found)}`);
  terminal.say(`\nTry it:\n  export DR_ESTATE=${found.estateFile}\n  dr status`);
  return exitCodes.done;
}

/** `dr lab down` */
export async function down(options: LabCommand, terminal: Terminal): Promise<ExitCode> {
  const {name = defaultName} = options;
  if (options.dryRun) {
    const found = await labToTakeDown(name);
    const text = found ? `Would take down the lab ${name}: ${namesText(found)}` : `There is no lab ${name}`;
    tellOutlook(terminal, 'lab down', {name, was: found !== undefined, ...found, text});
    return exitCodes.done;
  }
  await confirmed(terminal, `Take down the lab ${name}, with all that its guests hold?`, options);
  const was = await labDown(name, {onProgress: teller(terminal), signal: terminal.interrupts.stop});
  terminal.event({type: 'lab-down', name, was});
  terminal.say(was ? `Lab ${name} is down; nothing of it is left` : `There is no lab ${name}`);
  return exitCodes.done;
}

/** `dr lab status` */
export async function status(options: LabCommand, terminal: Terminal): Promise<ExitCode> {
  if (options.name !== undefined) {
    tellLab(await statusOf(options.name, terminal), terminal);
    return exitCodes.done;
  }
  let code: ExitCode = exitCodes.done;
  let told = 0;
  for (const name of await listLabs()) {
    try {
      const found = await statusOf(name, terminal);
      if (told > 0) terminal.say('');
      tellLab(found, terminal);
      told += 1;
    } catch (error) {
      // One that goes meanwhile is none, and one that cannot be read hides no other.
      if (codeOf(error) === 'LAB_UNKNOWN') continue;
      if (codeOf(error) !== 'LAB_RECORD_BROKEN') throw error;
      terminal.event(errorEvent(error));
      terminal.note(describeError(error, {debug: false}));
      code = exitCodes.failed;
    }
  }
  if (told === 0 && code === exitCodes.done) {
    terminal.say('There is no lab on this machine. To bring one up: dr lab up');
  }
  return code;
}

async function statusOf(name: string, terminal: Terminal): Promise<LabStatus> {
  return (await openLab(name)).status({signal: terminal.interrupts.stop});
}

function tellLab(found: LabStatus, terminal: Terminal): void {
  const {name, state, estateFile} = found;
  terminal.event({type: 'lab', ...found});
  const text = {up: '', 'coming-up': ' (coming up)', broken: ` (broken; to clean it up: dr lab down --name ${name})`};
  terminal.say(`Lab ${name}${text[state]}: ${estateFile}\n\n${labText(found)}`);
}

/** `dr lab exec HOST -- CMD...`: ends with the exit code of the command. */
export async function exec(
  host: string,
  command: readonly string[],
  options: LabCommand,
  _terminal: Terminal,
): Promise<ExitCode> {
  const lab = await openLab(options.name ?? defaultName);
  await requireHost(lab, host);
  const [program, ...args] = await lab.command(host, command);
  const child = spawn(program, args, {stdio: 'inherit'});
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? (signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.failed);
}

/** `dr lab cut HOST|LINK`, `dr lab heal [HOST|LINK]` */
export async function setCut(
  ends: readonly string[],
  cut: 'cut' | 'heal',
  options: LabCommand,
  terminal: Terminal,
): Promise<ExitCode> {
  const lab = await openLab(options.name ?? defaultName);
  const record = await lab.recordToChange();
  const [one, other] = ends;
  const cutFrom =
    one !== undefined && other === undefined && cut === 'heal' ? record.cuts.filter(pair => pair.includes(one)) : [];
  const wanted =
    ends.length > 0
      ? [await linkOf(lab, ends), ...cutFrom]
      : [...record.hosts.filter(host => host.cut).map(({name}) => [name] as const), ...record.cuts];
  for (const [here, there] of wanted) {
    const what = there === undefined ? `${here} and everyone` : `${here} and ${there}`;
    const both = there === undefined ? [here] : [here, there];
    if (options.dryRun) {
      tellOutlook(terminal, `lab ${cut}`, {ends: both, text: `Would ${cut} between ${what}`});
      continue;
    }
    await lab[cut](here, there, {signal: terminal.interrupts.stop});
    terminal.event({type: `lab-${cut}`, ends: both});
    terminal.say(cut === 'cut' ? `Cut between ${what}` : `Healed between ${what}`);
  }
  if (wanted.length === 0) terminal.say('Nothing is cut');
  return exitCodes.done;
}

/** `dr lab link HOST [--rate MBIT] [--delay MS]` */
export async function link(
  host: string,
  options: LabCommand & {readonly rate?: number | undefined; readonly delay?: number | undefined},
  terminal: Terminal,
): Promise<ExitCode> {
  const lab = await openLab(options.name ?? defaultName);
  await requireHost(lab, host);
  await lab.recordToChange();
  const speed = {rateMbit: options.rate, delayMs: options.delay};
  if (options.dryRun) {
    const {link: before} = await lab.host(host);
    const text = `Would set the link of ${host}: ${linkText(speed)} (now: ${linkText(before)})`;
    tellOutlook(terminal, 'lab link', {host, ...speed, text});
    return exitCodes.done;
  }
  await lab.setLink(host, speed, {signal: terminal.interrupts.stop});
  terminal.event({type: 'lab-link', host, ...speed});
  terminal.say(`The link of ${host}: ${linkText(speed)}`);
  return exitCodes.done;
}

/** `dr lab power-off HOST`, `dr lab power-on HOST` */
export async function power(
  host: string,
  wanted: 'off' | 'on',
  options: LabCommand,
  terminal: Terminal,
): Promise<ExitCode> {
  const lab = await openLab(options.name ?? defaultName);
  await requireHost(lab, host);
  await lab.recordToChange();
  if (options.dryRun) {
    const text = wanted === 'off' ? `Would pull the plug of ${host}` : `Would start ${host} with its disk as it was`;
    tellOutlook(terminal, `lab power-${wanted}`, {host, text});
    return exitCodes.done;
  }
  if (wanted === 'off') await lab.powerOff(host, {signal: terminal.interrupts.stop});
  else await lab.powerOn(host, {signal: terminal.interrupts.stop});
  terminal.event({type: `lab-power-${wanted}`, host});
  terminal.say(wanted === 'off' ? `${host} is off, and all that ran in it` : `${host} is on`);
  return exitCodes.done;
}

function teller(terminal: Terminal): (progress: LabProgress) => void {
  return progress => {
    terminal.event({type: 'lab-progress', ...progress});
    const {subject, state, message, elapsedMs} = progress;
    if (terminal.json || state === 'started') return;
    const took = elapsedMs === undefined ? '' : terminal.paint('dim', `  ${timeText(elapsedMs)}`, 'stderr');
    terminal.note(`${subject}: ${message}${took}`);
  };
}

/** One host, or two ends of a link: as two words, or joined as in `sunjammer-newhost`. */
async function linkOf(lab: Lab, ends: readonly string[]): Promise<readonly [string, string | undefined]> {
  const known = [...(await lab.record()).hosts.map(({name}) => name), 'controller'];
  const [one = '', other] = ends;
  if (other === undefined && !known.includes(one)) {
    const joined = known.flatMap(a => known.map(b => [a, b] as const)).find(([a, b]) => a !== b && `${a}-${b}` === one);
    if (joined) return joined;
  }
  for (const end of ends) if (!known.includes(end)) throw unknownHost(lab, end, known);
  if (one === other) {
    throw new CliError('USAGE', `${one} has no link with itself`, {
      hint: `Name another host, or cut it off: dr lab cut ${one}`,
    });
  }
  return [one, other];
}

async function requireHost(lab: Lab, host: string): Promise<void> {
  const known = (await lab.record()).hosts.map(({name}) => name);
  if (!known.includes(host)) throw unknownHost(lab, host, known);
}

function unknownHost(lab: Lab, host: string, known: readonly string[]): CliError {
  return new CliError('USAGE', `The lab ${lab.name} has no host ${host}`, {
    hint: didYouMean(host, known, {what: 'host'}),
  });
}
