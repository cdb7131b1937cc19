import type {Buffer} from 'node:buffer';
import {ConnectionError, protocolErrorAt} from './connection-error.ts';
import {Keepalive, type KeepaliveOptions} from './keepalive.ts';
import type {Transport} from './transports/transport.ts';
import {FrameAssembler} from './wire/frame-assembler.ts';
import {encodeFrame, frameStatus, frameTypes, parseFrame, programs, type Frame} from './wire/frame.ts';

const keepalivePing = 1;
const keepalivePong = 2;

export interface FrameChannelOptions {
  readonly host: string;
  readonly keepalive?: KeepaliveOptions | undefined;
  /** Gets every frame but those that keep the connection alive. What it throws ends the connection. */
  readonly onFrame: (frame: Frame) => void;
  /** Called once: with what went wrong, or with nothing after `end()`. */
  readonly onEnd: (error: ConnectionError | undefined) => void;
}

/** Turns the bytes of a transport into frames and back, answers pings, and notices when the other side is gone. */
export class FrameChannel {
  readonly #transport: Transport;
  readonly #options: FrameChannelOptions;
  readonly #assembler = new FrameAssembler();
  readonly #keepalive: Keepalive;
  #open = true;
  #closing = false;
  #lostAlready = false;
  #pausedBy = 0;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(transport: Transport, options: FrameChannelOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#keepalive = new Keepalive(options.keepalive ?? {}, {
      ping: () => this.#sendKeepalive(keepalivePing),
      dead: silentMs => void this.#die('KEEPALIVE_TIMEOUT', `was silent for ${Math.round(silentMs / 1000)} s`),
    });
    const {input, output} = transport;
    transport.onBytes(chunk => this.#receive(chunk));
    input.on('end', () => this.#lost());
    input.on('close', () => this.#lost());
    input.on('error', error => this.#lost(error));
    // It may be over before anybody listened: its events are not told again.
    if (input.closed || input.readableEnded) queueMicrotask(() => this.#lost());
    output.on('error', error => this.#lost(error));
    output.on('drain', () => {
      this.#keepalive.alive();
      this.#releaseWriters();
    });
  }

  /** Resolves when more may be sent; also when the connection has ended, whose end tells everybody else. */
  async send(frame: Buffer): Promise<void> {
    if (this.#open && !this.#transport.output.write(frame)) {
      this.#drained ??= Promise.withResolvers<void>();
      await this.#drained.promise;
    }
  }

  /** Stops reading until everybody who paused has asked to go on. */
  pause(paused: boolean): void {
    this.#pausedBy += paused ? 1 : -1;
    this.#keepalive.suspend(this.#pausedBy > 0);
    if (this.#pausedBy > 0) {
      this.#transport.input.pause();
    } else {
      this.#transport.input.resume();
    }
  }

  /** From now on it is no fault when the other side hangs up. */
  expectEnd(): void {
    this.#closing = true;
  }

  /** Ends the connection at once, with or without a fault. */
  end(error?: ConnectionError): void {
    if (!this.#open) {
      return;
    }
    this.#open = false;
    this.#keepalive.stop();
    this.#releaseWriters();
    this.#transport.destroy();
    this.#options.onEnd(error);
  }

  #receive(chunk: Buffer): void {
    this.#keepalive.alive();
    try {
      for (const bytes of this.#assembler.push(chunk)) {
        const frame = parseFrame(bytes);
        if (!this.#open) {
          return;
        }
        if (frame.program === programs.keepalive) {
          this.#answerPing(frame);
        } else {
          this.#options.onFrame(frame);
        }
      }
    } catch (thrown) {
      const error = protocolErrorAt(this.#options.host, thrown);
      if (!(error instanceof ConnectionError)) {
        throw error;
      }
      this.end(error);
    }
  }

  #answerPing({procedure}: Frame): void {
    if (procedure === keepalivePing) {
      this.#sendKeepalive(keepalivePong);
    }
  }

  #sendKeepalive(procedure: number): void {
    const header = {program: programs.keepalive, procedure, serial: 0};
    void this.send(encodeFrame({...header, type: frameTypes.message, status: frameStatus.ok}));
  }

  #lost(error?: Error): void {
    if (this.#closing) {
      this.end();
    } else if (!this.#lostAlready) {
      this.#lostAlready = true;
      const where = this.#assembler.atBoundary ? '' : ' in the middle of a message';
      void this.#die('CONNECTION_LOST', `closed the connection${where}`, error);
    }
  }

  async #die(code: 'CONNECTION_LOST' | 'KEEPALIVE_TIMEOUT', what: string, cause?: Error): Promise<void> {
    const {host} = this.#options;
    const reasons = [cause?.message, await this.#transport.diagnosis?.()].filter(Boolean).join('; ');
    this.end(
      new ConnectionError(code, `${host} (${this.#transport.address}) ${what}${reasons && `: ${reasons}`}`, {
        hint: `Check that ${host} and its libvirt daemon run and can be reached, then connect again.`,
        host,
        cause,
      }),
    );
  }

  #releaseWriters(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
