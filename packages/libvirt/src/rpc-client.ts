import {Buffer} from 'node:buffer';
import {setTimeout as sleep} from 'node:timers/promises';
import {authenticate, type Credentials} from './authenticate.ts';
import {CallsUnderWay} from './calls-under-way.ts';
import {parseConnectUri, type ConnectUri} from './connect-uri.ts';
import {ConnectionError, protocolError, protocolErrorAt} from './connection-error.ts';
import {callFrame, errorOf, packetFrame, returnsOf} from './call-frame.ts';
import {EventListeners, type EventListener} from './event-listeners.ts';
import {eventOf} from './event-of.ts';
import {FrameChannel} from './frame-channel.ts';
import type {KeepaliveOptions} from './keepalive.ts';
import {
  procedures,
  type ArgsOf,
  type CallName,
  type ProcedureName,
  type ReturnsOf,
  type StreamName,
} from './procedures/procedures.ts';
import {abortPacket, RpcStream, type StreamPacket} from './rpc-stream.ts';
import {openTransport} from './transports/open-transport.ts';
import type {Transport} from './transports/transport.ts';
import {frameStatus, frameTypes, type Frame} from './wire/frame.ts';

const readOnlyFlag = 1;
/** How long `close` waits for the daemon's goodbye, in milliseconds. */
const goodbyeMs = 3000;

export interface RpcOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface RpcConnectOptions extends RpcOptions {
  readonly readOnly?: boolean | undefined;
  /** Asked for user and password when the daemon wants a login. */
  readonly credentials?: Credentials | undefined;
  readonly keepalive?: KeepaliveOptions | undefined;
}

/** What becomes of an answer: `keep` makes the result of it, `discard` undoes what nobody waits for any more. */
interface Outcome<Name extends ProcedureName, Result> {
  readonly keep: (serial: number, returns: ReturnsOf<Name>) => Result;
  readonly discard?: (serial: number) => void;
}

/**
 * One connection to a libvirt daemon: calls, streams and events by libvirt's own names, typed. At most four calls are
 * under way at once; the others wait in order, urgent ones first. Give every long call (a migration, a wipe) and every
 * stream a client of its own.
 */
export class RpcClient {
  /** The host it leads to, for messages. */
  readonly host: string;
  /** The address behind that, as in `unix:/run/libvirt/libvirt-sock`. */
  readonly address: string;
  /** Resolves when the connection has ended: with `undefined` after `close`, else with what ended it. Never rejects. */
  readonly closed: Promise<ConnectionError | undefined>;
  readonly #channel: FrameChannel;
  readonly #calls = new CallsUnderWay();
  readonly #streams = new Map<number, RpcStream>();
  /** Packets that came before the answer to their call: a daemon's threads do not wait for each other. */
  readonly #early = new Map<number, Frame[]>();
  readonly #listeners = new EventListeners();
  /** Why no more calls are taken. */
  #refusal: ConnectionError | undefined;

  /**
   * Connects, logs in where the daemon asks for it, and opens the hypervisor that `uri` names.
   * @throws {ConnectionError} when no daemon can be reached or it does not let us in.
   * @throws {LibvirtError} when the daemon cannot open the hypervisor.
   */
  static async connect(uri: string | ConnectUri, options: RpcConnectOptions = {}): Promise<RpcClient> {
    const target = typeof uri === 'string' ? parseConnectUri(uri) : uri;
    const {signal, readOnly = false, credentials, keepalive} = options;
    const transport = await openTransport(target, {signal, readOnly});
    const client = new RpcClient(transport, {host: target.host, keepalive});
    try {
      await authenticate(client, {confidential: transport.confidential, user: target.user, credentials, signal});
      await client.call('CONNECT_OPEN', {name: target.name, flags: readOnly ? readOnlyFlag : 0}, {signal});
      return client;
    } catch (error) {
      client.#channel.end();
      throw lostWhileConnecting(error) ? connectFailed(error) : error;
    }
  }

  /** Speaks over bytes that are there already, without login and `CONNECT_OPEN`. */
  constructor(
    transport: Transport,
    options: {readonly host?: string | undefined; readonly keepalive?: KeepaliveOptions | undefined} = {},
  ) {
    this.host = options.host ?? 'localhost';
    this.address = transport.address;
    const ended = Promise.withResolvers<ConnectionError | undefined>();
    this.closed = ended.promise;
    this.#channel = new FrameChannel(transport, {
      host: this.host,
      keepalive: options.keepalive,
      onFrame: frame => this.#receive(frame),
      onEnd: error => {
        this.#refuse(error ?? this.#closedError());
        ended.resolve(error);
      },
    });
  }

  /** Calls that were cancelled after they had been sent. The daemon still works on them, and each keeps its place. */
  get abandonedCalls(): number {
    return this.#calls.abandoned;
  }

  /** Calls that have been sent and not answered yet, abandoned ones among them. */
  get callsInFlight(): number {
    return this.#calls.inFlight;
  }

  /** Calls that have not been sent yet. */
  get callsWaiting(): number {
    return this.#calls.waiting;
  }

  /**
   * Calls a procedure. A call whose `signal` aborts before it is sent is never sent. Aborted later, it rejects all the
   * same, but the daemon goes on, as the protocol knows no cancel: see `abandonedCalls`.
   * @throws {LibvirtError} when the daemon refuses or fails.
   * @throws {ConnectionError} when the connection ends first.
   */
  call<Name extends CallName>(name: Name, args: ArgsOf<Name>, options: RpcOptions = {}): Promise<ReturnsOf<Name>> {
    return this.#request(name, args, options, {keep: (_serial, returns) => returns});
  }

  /** Calls a procedure that moves bytes. `signal` aborts the call, and later the stream. */
  openStream<Name extends StreamName>(
    name: Name,
    args: ArgsOf<Name>,
    options: RpcOptions = {},
  ): Promise<RpcStream<ReturnsOf<Name>>> {
    return this.#request(name, args, options, {
      keep: (serial, returns) => {
        const link = {
          host: this.host,
          send: (packet: StreamPacket) => this.#channel.send(packetFrame(name, serial, packet)),
          pause: (paused: boolean) => this.#channel.pause(paused),
          forget: () => void this.#streams.delete(serial),
        };
        const stream = new RpcStream(link, returns, options.signal);
        this.#streams.set(serial, stream);
        for (const frame of this.#early.get(serial) ?? []) {
          this.#receivePacket(frame);
        }
        return stream;
      },
      discard: serial => void this.#channel.send(packetFrame(name, serial, abortPacket)),
    });
  }

  /** Hears every event of this connection until the returned function is called. Register for events by calls. */
  onEvent(listener: EventListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Says goodbye and ends the connection. Whatever waits for an answer rejects; `close` itself never does. */
  async close(): Promise<void> {
    if (this.#refusal === undefined) {
      this.#channel.expectEnd();
      this.#refuse(this.#closedError());
      await Promise.race([this.#sayGoodbye(), this.closed, sleep(goodbyeMs, undefined, {ref: false})]);
      this.#channel.end();
    }
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #request<Name extends ProcedureName, Result>(
    name: Name,
    args: ArgsOf<Name>,
    {signal}: RpcOptions,
    {keep, discard}: Outcome<Name, Result>,
  ): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#refusal !== undefined) {
      throw this.#refusal;
    }
    const serial = this.#nextSerial();
    const frame = callFrame(name, args, serial);
    const request = {
      procedure: procedures[name],
      send: () => void this.#channel.send(frame),
      keep: (reply: Frame) => keep(serial, returnsOf(name, reply, this.host)),
      ...(discard && {discard: () => discard(serial)}),
    };
    return this.#calls.make(serial, request, signal);
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case frameTypes.reply:
        this.#calls.answer(frame, error => protocolErrorAt(this.host, error));
        this.#early.delete(frame.serial);
        break;
      case frameTypes.message:
        this.#receiveEvent(frame);
        break;
      case frameTypes.stream:
      case frameTypes.streamHole:
        // A packet may wait for its reader, and the memory that it arrived in is used again meanwhile.
        this.#receivePacket({...frame, payload: Buffer.from(frame.payload)});
        break;
      default:
        throw protocolError(`A message of the unknown type ${frame.type} arrived`);
    }
  }

  #receiveEvent(frame: Frame): void {
    const event = eventOf(frame);
    if (event !== undefined) {
      this.#listeners.tell(event);
    }
  }

  /** Packets of a stream that was aborted may still arrive; nobody wants them. */
  #receivePacket(frame: Frame): void {
    const stream = this.#streams.get(frame.serial);
    if (stream === undefined) {
      if (this.#calls.has(frame.serial)) {
        this.#early.set(frame.serial, [...(this.#early.get(frame.serial) ?? []), frame]);
      }
      return;
    }
    if (frame.status === frameStatus.continue) {
      stream.receive(frame.type, frame.payload);
    } else if (frame.status === frameStatus.ok) {
      stream.confirm();
    } else {
      stream.fail(errorOf(frame, this.host));
    }
  }

  /** The last call goes past the queue: nobody waits behind it. Resolves when it is answered. */
  #sayGoodbye(): Promise<void> {
    const serial = this.#nextSerial();
    const answered = this.#calls.expect(serial, procedures.CONNECT_CLOSE);
    void this.#channel.send(callFrame('CONNECT_CLOSE', {}, serial));
    return answered;
  }

  /** Takes no more calls, and fails those that wait. */
  #refuse(error: ConnectionError): void {
    this.#refusal ??= error;
    this.#calls.failAll(error);
    for (const stream of this.#streams.values()) {
      stream.fail(error);
    }
  }

  #nextSerial(): number {
    return this.#calls.nextSerial(serial => this.#streams.has(serial));
  }

  #closedError(): ConnectionError {
    return new ConnectionError('CONNECTION_CLOSED', `The connection to ${this.host} has been closed`, {
      hint: 'Connect again to go on.',
      host: this.host,
    });
  }
}

/** What runs through ssh or another program fails only when it is used. */
const lostWhileConnecting = (error: unknown): error is ConnectionError =>
  error instanceof ConnectionError && error.code === 'CONNECTION_LOST';

const connectFailed = ({message, hint, host, cause}: ConnectionError): ConnectionError =>
  new ConnectionError('CONNECT_FAILED', message, {hint, host, cause});
