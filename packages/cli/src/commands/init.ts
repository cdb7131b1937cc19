import {access} from 'node:fs/promises';
import {isIP} from 'node:net';
import {relative, resolve} from 'node:path';

import {EstateError, estateFromInventory, type FoundHost, parseEstate} from '@dr-toolkit/estate';
import {type HostReading, readInventory} from '@dr-toolkit/hosts';

import {counted} from '../amounts.ts';
import {CliError} from '../cli-error.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {openedHosts} from '../open-estate.ts';
import {tellOutlook} from '../tell-outlook.ts';
import {tellUnreachable} from '../tell-unreachable.ts';
import type {Terminal} from '../terminal.ts';
import {writeWhole} from '../write-whole.ts';

export interface InitCommand {
  readonly output?: string | undefined;
  readonly force?: boolean | undefined;
  readonly name?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** `dr init URI...` */
export async function init(uris: readonly string[], options: InitCommand, terminal: Terminal): Promise<ExitCode> {
  const output = options.output ?? 'dr.yaml';
  const file = resolve(terminal.cwd, output);
  // Before the hosts are read, which may take a while.
  if (output !== '-' && !options.force && (await exists(file))) throw inTheWay(output);
  const entries = namedHosts(uris);
  await using opened = openedHosts(entries);
  const {hosts, unreachable} = await readInventory(opened.hosts.values(), {signal: terminal.interrupts.stop});
  const [silent] = unreachable;
  if (silent) {
    tellUnreachable(unreachable, terminal);
    throw new CliError(
      'HOST_UNREACHABLE',
      `${counted(unreachable.length, 'host')} of ${uris.length} could not be read, so nothing was written`,
      {hint: 'Do what is said above, or leave those hosts out'},
    );
  }
  const found = foundHosts(entries, hosts);
  refuseTwins(found);
  const text = estateFromInventory(found, options.name === undefined ? {} : {name: options.name});
  refuseUnreadable(text);
  const shown = relative(terminal.cwd, file).startsWith('..') ? file : relative(terminal.cwd, file);
  const domains = hosts.reduce((sum, host) => sum + host.domains.length, 0);
  const holds = `${counted(hosts.length, 'host')} with ${counted(domains, 'domain')}`;
  if (options.dryRun && output !== '-') {
    const names = found.map(({reading}) => reading.name);
    const over = (await exists(file)) ? ', over the one that is there' : '';
    tellOutlook(terminal, 'init', {file, hosts: names, estate: text, text: text.trimEnd()});
    terminal.note(`\nWould write this to ${shown}${over}: ${holds}`);
    return exitCodes.done;
  }
  if (output === '-') {
    terminal.say(text.trimEnd());
    terminal.event({type: 'estate', text});
    return exitCodes.done;
  }
  const existing = options.force ? 'overwrite' : 'refuse';
  if ((await writeWhole(file, text, {cwd: terminal.cwd, existing, mode: 0o666})) === 'in the way')
    throw inTheWay(output);
  terminal.event({type: 'estate', file, hosts: found.map(({reading}) => reading.name)});
  terminal.say(`Wrote ${shown}: ${holds}`);
  terminal.note('Look it over, and see: dr status');
  return exitCodes.done;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function inTheWay(shown: string): CliError {
  return new CliError('IN_THE_WAY', `${shown} exists already, and was left as it is`, {
    hint: 'Write another one (--output FILE), look at it only (--output -), or overwrite it (--force)',
  });
}

/** A URI with the name its host is read under. */
interface NamedUri {
  readonly name: string;
  readonly uri: string;
  /** `uri`: the first label of the host in it. `guess`: it holds an address or nothing, and the host itself knows better. */
  readonly from: 'uri' | 'guess';
}

/** Each URI with a name of its own. */
export function namedHosts(uris: readonly string[]): NamedUri[] {
  const taken = new Set<string>();
  return uris.map(uri => {
    const label = labelOf(uri);
    const name = freeName(label ?? `host-${taken.size + 1}`, taken);
    return {name, uri, from: label === undefined ? 'guess' : 'uri'};
  });
}

/** Readings under the names their hosts get in dr.yaml: where the URI has none, what the host calls itself. */
export function foundHosts(entries: readonly NamedUri[], readings: readonly HostReading[]): FoundHost[] {
  const taken = new Set(entries.filter(({from}) => from === 'uri').map(({name}) => name));
  return entries.flatMap(({name, uri, from}) => {
    const reading = readings.find(host => host.name === name);
    if (!reading) return [];
    if (from === 'uri') return [{uri, reading}];
    const own = spelled(reading.hostname.split('.', 1)[0] ?? '');
    return [{uri, reading: {...reading, name: freeName(own === '' ? name : own, taken)}}];
  });
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let nr = 2; taken.has(name); nr++) name = `${wanted}-${nr}`;
  taken.add(name);
  return name;
}

/** The first label of a URI's host name; undefined for an address or none. */
function labelOf(uri: string): string | undefined {
  const parts = /^([a-z]+)(?:\+[a-z0-9]+)?:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]*)/u.exec(uri);
  if (!parts) {
    throw new CliError('USAGE', `${uri} is not a libvirt URI`, {
      hint: `Did you mean qemu+ssh://root@${/^[\w.-]+$/u.test(uri) ? uri : 'HOST'}/system?`,
    });
  }
  const [, , host = ''] = parts;
  const isAddress = host.startsWith('[') || isIP(host) > 0;
  const label = isAddress ? '' : spelled(host.split('.', 1)[0] ?? '');
  return label === '' ? undefined : label;
}

/** As names are spelled in dr.yaml. */
function spelled(text: string): string {
  return text
    .replaceAll(/[^\w-]+/gu, '-')
    .replaceAll(/^[^A-Za-z0-9]+|-+$/gu, '')
    .slice(0, 60);
}

/** What dr would not read is not written: a password in a URI least of all, as dr.yaml belongs into git. */
function refuseUnreadable(text: string): void {
  try {
    parseEstate(text);
  } catch (error) {
    const [mistake] = error instanceof EstateError ? error.mistakes : [];
    if (!mistake) throw error;
    throw new CliError('USAGE', `Nothing was written, as dr would not read it: ${mistake.path}: ${mistake.message}`, {
      hint: mistake.path === 'estate' ? 'Give another --name' : mistake.hint,
      cause: error,
    });
  }
}

function refuseTwins(found: readonly FoundHost[]): void {
  for (const [index, {uri, reading}] of found.entries()) {
    const twin = found.slice(0, index).find(other => other.reading.uuid === reading.uuid);
    if (!twin || reading.uuid === '') continue; // libvirt's test driver has no UUID
    throw new CliError('USAGE', `${twin.uri} and ${uri} are the same machine (host UUID ${reading.uuid})`, {
      hint: 'Give each machine once; if they are two, set a host_uuid of its own in /etc/libvirt/libvirtd.conf on one of them',
    });
  }
}
