import {ConnectionError} from './connection-error.ts';

export type TransportName = 'unix' | 'tcp' | 'tls' | 'ssh' | 'ext';
/** Which daemon of a host is meant: the one for this driver, the one for everything, or whichever is there. */
export type DaemonMode = 'auto' | 'direct' | 'legacy';
/** How ssh reaches the daemon's socket. `native` is virt-ssh-helper, `netcat` is nc or socat. */
export type SshProxy = 'auto' | 'netcat' | 'native';

/** A libvirt connection URI, taken apart. */
export interface ConnectUri {
  /** The URI as it was given. */
  readonly uri: string;
  /** qemu, lxc, test, ... */
  readonly driver: string;
  readonly transport: TransportName;
  readonly user?: string;
  /** A name or address; IPv6 without its brackets. */
  readonly host?: string;
  readonly port?: number;
  /** What the daemon itself is asked to open, as in `qemu:///system`. */
  readonly name: string;
  /** Whether that is a daemon of one user rather than of the whole host. */
  readonly session: boolean;
  readonly socket?: string;
  readonly mode: DaemonMode;
  /** The program to talk through: ssh by default, anything for `ext`. */
  readonly command?: string;
  readonly keyfile?: string;
  readonly knownHosts?: string;
  readonly knownHostsVerify: 'normal' | 'auto' | 'ignore';
  readonly netcat?: string;
  readonly proxy: SshProxy;
  /** Folder with cacert.pem, clientcert.pem and clientkey.pem, and perhaps cacrl.pem: what the authority took back. */
  readonly pkipath?: string;
  /** Whether the other side must prove who it is: a TLS certificate, a known ssh host key. */
  readonly verify: boolean;
}

const shape =
  /^(?<driver>[a-z][\w.-]*?)(?:\+(?<transport>\w+))?:\/\/(?:(?<user>[^@/?#]*)@)?(?<host>\[[^\]]*\]|[^@:/?#\s]*)(?::(?<port>\d*))?(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i;

const transports: Readonly<Record<string, TransportName>> = {
  unix: 'unix',
  tcp: 'tcp',
  tls: 'tls',
  ssh: 'ssh',
  libssh: 'ssh',
  libssh2: 'ssh',
  ext: 'ext',
};

/**
 * Parameters that are for the client; every other one is passed on to the daemon. Without effect here: `sshauth` (ssh
 * has its own configuration), `no_tty` (it never asks), `no_sanity`, and `tls_priority`, which is in GnuTLS's language:
 * Node's own minimum, TLS 1.2 with its default ciphers, holds.
 */
const ownParameters = new Set([
  'name',
  'socket',
  'mode',
  'command',
  'keyfile',
  'known_hosts',
  'known_hosts_verify',
  'sshauth',
  'netcat',
  'proxy',
  'pkipath',
  'no_verify',
  'no_sanity',
  'no_tty',
  'tls_priority',
  'auth',
]);

/**
 * Takes a URI such as `qemu+ssh://root@alder/system?keyfile=/root/.ssh/id_dr` apart, with libvirt's own meaning of every
 * parameter.
 * @throws {ConnectionError} `URI_INVALID`.
 */
export function parseConnectUri(uri: string): ConnectUri {
  const parts = shape.exec(uri)?.groups;
  if (parts === undefined) {
    throw invalid(
      uri,
      'it does not read driver[+transport]://[user@][host][:port]/path',
      'qemu+ssh://root@host/system',
    );
  }
  const {driver = '', path = ''} = parts;
  const host = parts['host']?.replace(/^\[(.*)\]$/, '$1') || undefined;
  const transport = transportOf(uri, parts['transport'], host);
  const {query, passedOn} = parametersOf(uri, parts['query'] ?? '');
  const name = query.get('name') ?? `${driver}://${path || '/'}${passedOn && `?${passedOn}`}`;
  return {
    uri,
    driver,
    transport,
    name,
    session: path === '/session' || (path !== '/system' && driver !== 'lxc' && host === undefined && !isRoot()),
    mode: oneOf(uri, query, 'mode', ['auto', 'direct', 'legacy']),
    proxy: oneOf(uri, query, 'proxy', ['auto', 'netcat', 'native']),
    knownHostsVerify: oneOf(uri, query, 'known_hosts_verify', ['normal', 'auto', 'ignore']),
    verify: !isSet(uri, query, 'no_verify'),
    ...present({
      user: decoded(uri, parts['user']),
      host: host === undefined ? undefined : decoded(uri, host),
      port: portOf(uri, parts['port']),
      socket: query.get('socket'),
      command: query.get('command'),
      keyfile: query.get('keyfile'),
      knownHosts: query.get('known_hosts'),
      netcat: query.get('netcat'),
      pkipath: query.get('pkipath'),
    }),
  };
}

type Parameters = ReadonlyMap<string, string>;

/**
 * As libvirt reads them: the client's own in whatever case, the last of one name counts, `+` is a plus, and `;` parts
 * them, too, where no `&` follows.
 */
function parametersOf(uri: string, text: string): {query: Parameters; passedOn: string} {
  const [last = '', ...before] = text.split('&').toReversed();
  const query = new Map<string, string>();
  const passedOn: string[] = [];
  for (const part of [...before.toReversed(), ...last.split(';')]) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
    const own = (decoded(uri, name) ?? '').toLowerCase();
    if (ownParameters.has(own)) {
      query.set(own, decoded(uri, value) ?? '');
    } else if (name !== '') {
      passedOn.push(`${name}=${value}`);
    }
  }
  return {query, passedOn: passedOn.join('&')};
}

function transportOf(uri: string, named: string | undefined, host: string | undefined): TransportName {
  if (named === undefined) {
    return host === undefined ? 'unix' : 'tls';
  }
  const name = named.toLowerCase();
  const transport = Object.hasOwn(transports, name) ? transports[name] : undefined;
  if (transport === undefined) {
    throw invalid(uri, `there is no transport ${named}`, `one of ${Object.keys(transports).join(', ')}`);
  }
  if (host === undefined && (transport === 'tcp' || transport === 'tls' || transport === 'ssh')) {
    throw invalid(uri, `${named} needs a host`, `qemu+${named}://host/system`);
  }
  if (host !== undefined && transport === 'unix') {
    throw invalid(uri, 'a unix socket is on this machine', `qemu+ssh://${host}/system, or no host`);
  }
  if (host?.startsWith('-') === true) {
    throw invalid(uri, 'a host name does not begin with a dash', 'the name of the host');
  }
  return transport;
}

function portOf(uri: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') {
    return undefined;
  }
  const port = Number(text);
  if (port < 1 || port > 65_535) {
    throw invalid(uri, `there is no port ${text}`, 'a port from 1 to 65535');
  }
  return port;
}

function oneOf<const Choice extends string>(
  uri: string,
  query: Parameters,
  parameter: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = query.get(parameter);
  const chosen = text === undefined ? choices[0] : choices.find(choice => choice === text);
  if (chosen === undefined) {
    throw invalid(uri, `${parameter} cannot be ${text}`, `one of ${choices.join(', ')}`);
  }
  return chosen;
}

/** As libvirt reads such a parameter: any number but 0, and nothing but a number. */
function isSet(uri: string, query: Parameters, parameter: string): boolean {
  const text = query.get(parameter) ?? '0';
  if (!/^[+-]?\d+$/.test(text)) {
    throw invalid(uri, `${parameter} cannot be ${text || 'empty'}`, `${parameter}=1 or ${parameter}=0`);
  }
  return Number(text) !== 0;
}

function decoded(uri: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') {
    return undefined;
  }
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw invalid(uri, `${text} holds a broken % escape`, '%25 for a percent sign', error);
  }
}

type Present<T> = {[Key in keyof T]?: Exclude<T[Key], undefined | null>};

function present<T extends Record<string, unknown>>(values: T): Present<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  ) as Present<T>;
}

const isRoot = (): boolean => process.getuid?.() === 0;

function invalid(uri: string, why: string, instead: string, cause?: unknown): ConnectionError {
  return new ConnectionError('URI_INVALID', `${uri} is no libvirt URI: ${why}`, {hint: `Write ${instead}.`, cause});
}
