import {access, rename, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {relative, resolve} from 'node:path';

import {estateFromInventory} from '@dr-toolkit/estate';
import {readInventory} from '@dr-toolkit/hosts';

import {counted} from '../amounts.ts';
import {CliError} from '../cli-error.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {openedHosts} from '../open-estate.ts';
import type {Terminal} from '../terminal.ts';

export interface InitCommand {
  readonly output?: string | undefined;
  readonly force?: boolean | undefined;
  readonly name?: string | undefined;
}

/** `dr init URI...` */
export async function init(uris: readonly string[], options: InitCommand, terminal: Terminal): Promise<ExitCode> {
  const output = options.output ?? 'dr.yaml';
  const file = resolve(terminal.cwd, output);
  if (output !== '-' && !options.force) await refuseExisting(file, output);
  const entries = namedHosts(uris);
  await using opened = openedHosts(entries);
  const {hosts, unreachable} = await readInventory(opened.hosts.values(), {signal: terminal.interrupts.stop});
  const [silent] = unreachable;
  if (silent) {
    for (const {message, hint} of unreachable) terminal.note(`${message}\n    ${hint}`);
    throw new CliError(
      'HOST_UNREACHABLE',
      `${counted(unreachable.length, 'host')} of ${uris.length} could not be read, so nothing was written`,
      {hint: 'Do what is said above, or leave those hosts out'},
    );
  }
  const found = hosts.map(reading => ({uri: entries.find(({name}) => name === reading.name)?.uri ?? '', reading}));
  refuseTwins(found);
  const text = estateFromInventory(found, options.name === undefined ? {} : {name: options.name});
  if (output === '-') {
    terminal.say(text.trimEnd());
    terminal.event({type: 'estate', text});
    return exitCodes.done;
  }
  // Whole or not at all: an old dr.yaml is never left half overwritten.
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
  const domains = hosts.reduce((sum, host) => sum + host.domains.length, 0);
  const shown = relative(terminal.cwd, file).startsWith('..') ? file : relative(terminal.cwd, file);
  terminal.event({type: 'estate', file, hosts: hosts.map(({name}) => name)});
  terminal.say(`Wrote ${shown}: ${counted(hosts.length, 'host')} with ${counted(domains, 'domain')}`);
  terminal.note('Look it over, and see: dr status');
  return exitCodes.done;
}

async function refuseExisting(file: string, shown: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new CliError('IN_THE_WAY', `${shown} exists already, and was left as it is`, {
    hint: 'Write another one (--output FILE), look at it only (--output -), or overwrite it (--force)',
  });
}

/** Each URI with the name its host gets in dr.yaml: the first label of its host name. */
export function namedHosts(uris: readonly string[]): Array<{name: string; uri: string}> {
  const taken = new Set<string>();
  return uris.map(uri => {
    const plain = nameOf(uri);
    let name = plain;
    for (let nr = 2; taken.has(name); nr++) name = `${plain}-${nr}`;
    taken.add(name);
    return {name, uri};
  });
}

function nameOf(uri: string): string {
  const parts = /^([a-z]+)(?:\+[a-z0-9]+)?:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]*)/u.exec(uri);
  if (!parts) {
    throw new CliError('USAGE', `${uri} is not a libvirt URI`, {
      hint: `Did you mean qemu+ssh://root@${/^[\w.-]+$/u.test(uri) ? uri : 'HOST'}/system?`,
    });
  }
  const [, driver = '', host = ''] = parts;
  const address = /^\[|^\d+\.\d+\.\d+\.\d+$/u.test(host);
  const label = (address ? host : (host.split('.', 1)[0] ?? ''))
    .replaceAll(/[^\w.-]+/gu, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/gu, '');
  if (label !== '') return label;
  return driver === 'test' ? 'test' : (hostname().split('.', 1)[0] ?? 'local');
}

function refuseTwins(
  found: ReadonlyArray<{readonly uri: string; readonly reading: {uuid: string; name: string}}>,
): void {
  for (const [index, {uri, reading}] of found.entries()) {
    const twin = found.slice(0, index).find(other => other.reading.uuid === reading.uuid);
    if (!twin || reading.uuid === '') continue; // libvirt's test driver has no UUID
    throw new CliError('USAGE', `${twin.uri} and ${uri} are the same machine (host UUID ${reading.uuid})`, {
      hint: 'Give each machine once; if they are two, set a host_uuid of its own in /etc/libvirt/libvirtd.conf on one of them',
    });
  }
}
