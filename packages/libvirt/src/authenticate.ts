import {randomBytes} from 'node:crypto';
import {ConnectionError} from './connection-error.ts';
import {LibvirtError} from './libvirt-error.ts';
import type {RpcClient} from './rpc-client.ts';
import {ScramLogin, type ScramHash} from './scram.ts';
import {untilAborted} from './until-aborted.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Asked when a daemon wants a login. `user` is the one of the URI, where it has one. */
export type Credentials = (request: {
  readonly host: string;
  readonly mechanism: string;
  readonly user?: string | undefined;
}) => Login | Promise<Login>;

interface AuthenticateOptions {
  readonly confidential: boolean;
  readonly user?: string | undefined;
  readonly credentials?: Credentials | undefined;
  readonly signal?: AbortSignal | undefined;
}

const authTypes = {none: 0, sasl: 1, polkit: 2} as const;

/** Strongest first. */
const mechanisms: readonly (readonly [string, ScramHash])[] = [
  ['SCRAM-SHA-256', 'sha256'],
  ['SCRAM-SHA-1', 'sha1'],
];

/**
 * Does what the daemon asks for before it takes calls: nothing, a question to polkit, or a login by SASL.
 * @throws {ConnectionError} `AUTH_UNSUPPORTED` or `AUTH_FAILED`.
 */
export async function authenticate(client: RpcClient, options: AuthenticateOptions): Promise<void> {
  const {signal} = options;
  const {types} = await client.call('AUTH_LIST', {}, {signal});
  if (types.length === 0 || types.includes(authTypes.none)) {
    return;
  }
  if (types.includes(authTypes.sasl)) {
    await logIn(client, options);
  } else if (types.includes(authTypes.polkit)) {
    await refusedAsFailed(client, 'polkit', client.call('AUTH_POLKIT', {}, {signal}), polkitHint);
  } else {
    throw unsupported(
      client,
      `authentication of type ${types.join(', ')}`,
      'Set auth_unix_rw or auth_tls of the daemon.',
    );
  }
}

async function logIn(client: RpcClient, {confidential, user, credentials, signal}: AuthenticateOptions): Promise<void> {
  if (!confidential) {
    throw unsupported(
      client,
      'a login over plain TCP',
      'Use tls or ssh: qemu+tls://host/system, qemu+ssh://host/system.',
    );
  }
  const {mechlist} = await client.call('AUTH_SASL_INIT', {}, {signal});
  const offered = new Set(mechlist.split(','));
  const chosen = mechanisms.find(([name]) => offered.has(name));
  if (chosen === undefined) {
    throw unsupported(
      client,
      `a login by ${mechlist}`,
      `Enable ${mechanisms[0]?.[0]} in sasl2/libvirt.conf of the daemon.`,
    );
  }
  const [mechanism, hash] = chosen;
  if (credentials === undefined) {
    throw failed(client, 'the daemon wants a login', 'Pass `credentials` that give user and password.');
  }
  const asked = Promise.resolve(credentials({host: client.host, mechanism, user}));
  const scram = new ScramLogin(hash, {
    ...(await untilAborted(asked, signal)),
    nonce: randomBytes(18).toString('base64'),
  });
  const challenge = await refusedAsFailed(
    client,
    mechanism,
    client.call('AUTH_SASL_START', {mech: mechanism, nil: 0, data: Buffer.from(scram.first())}, {signal}),
  );
  const answer = await scram.final(text(challenge.data)).catch((error: unknown) => {
    throw failed(client, `the server's challenge is refused: ${String(error)}`, 'Check which server answers.', error);
  });
  let reply = await refusedAsFailed(
    client,
    mechanism,
    client.call('AUTH_SASL_STEP', {nil: 0, data: Buffer.from(answer)}, {signal}),
  );
  if (!scram.verifies(text(reply.data))) {
    throw failed(client, 'the server does not prove that it knows the password', 'Check which server answers.');
  }
  if (reply.complete === 0) {
    reply = await client.call('AUTH_SASL_STEP', {nil: 0, data: new Uint8Array()}, {signal});
  }
  if (reply.complete === 0) {
    throw failed(client, `the server does not finish ${mechanism}`, 'Read the journal of the libvirt daemon.');
  }
}

/** Some daemons end their text with a NUL. */
function text(data: Uint8Array): string {
  return Buffer.from(data).toString().replace(/\0$/, '');
}

/** It knows no passwords of ours: `AUTH_FAILED`, which it says as SASL does, means something else here. */
const polkitHint = 'Become root, or a member of the group that polkit lets in on that host; mostly that is libvirt.';

async function refusedAsFailed<T>(client: RpcClient, mechanism: string, call: Promise<T>, hint?: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError) {
      throw failed(client, `${mechanism} says: ${error.message}`, hint ?? error.hint, error);
    }
    throw error;
  }
}

function failed(client: RpcClient, why: string, hint: string, cause?: unknown): ConnectionError {
  return new ConnectionError('AUTH_FAILED', `${client.host} does not let us in: ${why}`, {
    hint,
    host: client.host,
    cause,
  });
}

function unsupported(client: RpcClient, what: string, hint: string): ConnectionError {
  return new ConnectionError('AUTH_UNSUPPORTED', `${client.host} wants ${what}, which this client does not do`, {
    hint,
    host: client.host,
  });
}
