import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {connect, type TLSSocket} from 'node:tls';
import {isIP} from 'node:net';
import type {ConnectUri} from '../connect-uri.ts';
import {ConnectionError} from '../connection-error.ts';
import {connected, transportOf, type SocketOptions, type TransportOptions} from './socket-transport.ts';
import {tcpAddress} from './tcp.ts';
import type {Transport} from './transport.ts';

const tlsPort = 16_514;
/** The daemon sends this once it has accepted our certificate. */
const welcome = 0x01;
/** How long it may take over that, in milliseconds. */
const welcomeMs = 10_000;

/** Files that prove who we are, and who the other side is. */
interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly crl?: string;
}

/** Connects by TLS; both sides show a certificate. */
export async function openTls(target: ConnectUri, options: TransportOptions): Promise<Transport> {
  const {host = 'localhost', port = tlsPort, verify} = target;
  const address = tcpAddress(host, port).replace('tcp:', 'tls:');
  const {ca, cert, key, crl} = certificates(target);
  const socketOptions: SocketOptions = {
    ...options,
    address,
    confidential: true,
    host,
    hint: `Check that ${host} listens on port ${port} with a certificate that ${ca} vouches for.`,
  };
  const files = await readAll({ca, cert, key, crl});
  options.signal?.throwIfAborted();
  const socket = connect({
    host,
    port,
    ...files,
    ...(isIP(host) === 0 && {servername: host}),
    rejectUnauthorized: verify,
    minVersion: 'TLSv1.2',
  });
  await connected(socket, 'secureConnect', socketOptions);
  try {
    await welcomed(socket, options.signal);
    return transportOf(socket, socketOptions);
  } catch (error) {
    socket.destroy();
    options.signal?.throwIfAborted();
    throw new ConnectionError(
      'TLS_REFUSED',
      `${address} refused our certificate ${cert}: ${(error as Error).message}`,
      {
        hint: `Have ${cert} signed by the authority that ${host} trusts, and allow it there (tls_allowed_dn_list).`,
        host,
        cause: error,
      },
    );
  }
}

/** With TLS 1.3 a refusal comes after the handshake, in place of one byte. */
async function welcomed(socket: TLSSocket, signal: AbortSignal | undefined): Promise<void> {
  const {promise, resolve, reject} = Promise.withResolvers<void>();
  const onReadable = (): void => {
    const byte = socket.read(1) as Buffer | null;
    if (byte?.[0] === welcome) {
      resolve();
    } else if (byte !== null) {
      reject(new Error(`it sent ${byte[0]} instead of a welcome`));
    }
  };
  const onEnd = (): void => reject(new Error('it closed the connection'));
  const onAbort = (): void => reject(signal?.reason);
  const late = setTimeout(() => reject(new Error(`it said nothing for ${welcomeMs / 1000} s`)), welcomeMs);
  signal?.addEventListener('abort', onAbort, {once: true});
  socket.on('readable', onReadable).once('end', onEnd).once('close', onEnd).once('error', reject);
  try {
    await promise;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', onAbort);
    socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', reject);
  }
}

/** Where libvirt looks: the folder of the URI and nowhere else, or the user's, then the machine's. */
function certificates({pkipath, verify}: ConnectUri): Certificates {
  const {crl, ...files} = pkipath === undefined ? usualFiles() : fromFolder(pkipath);
  return {...files, ...(verify && existsSync(crl) && {crl})};
}

function usualFiles(): Required<Certificates> {
  const own = fromFolder(path.join(homedir(), '.pki/libvirt'));
  const machine = '/etc/pki';
  const pair = {cert: `${machine}/libvirt/clientcert.pem`, key: `${machine}/libvirt/private/clientkey.pem`};
  return {
    ...(usersOwn(own.cert, own.key) ? {cert: own.cert, key: own.key} : pair),
    ca: usersOwn(own.ca) ? own.ca : `${machine}/CA/cacert.pem`,
    crl: usersOwn(own.crl) ? own.crl : `${machine}/CA/cacrl.pem`,
  };
}

/** Root has none. */
const usersOwn = (...files: readonly string[]): boolean =>
  process.getuid?.() !== 0 && files.every(file => existsSync(file));

const fromFolder = (folder: string): Required<Certificates> => ({
  ca: path.join(folder, 'cacert.pem'),
  cert: path.join(folder, 'clientcert.pem'),
  key: path.join(folder, 'clientkey.pem'),
  crl: path.join(folder, 'cacrl.pem'),
});

/** In turn, so that of several missing files it is always the first that is named. */
async function readAll(files: Record<string, string | undefined>): Promise<Record<string, Buffer>> {
  const read: Record<string, Buffer> = {};
  for (const [name, file] of Object.entries(files)) {
    if (file !== undefined) read[name] = await readCertificate(file);
  }
  return read;
}

async function readCertificate(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ConnectionError('CONNECT_FAILED', `Cannot read ${file}: ${(error as Error).message}`, {
      hint: 'Put cacert.pem, clientcert.pem and clientkey.pem into one folder and name it: ?pkipath=/path/to/folder.',
      cause: error,
    });
  }
}
