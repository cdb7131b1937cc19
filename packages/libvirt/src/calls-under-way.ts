import {CallQueue, type QueuedCall} from './call-queue.ts';
import {protocolError} from './connection-error.ts';
import type {Procedure} from './procedures/procedure.ts';
import {frameStatus, type Frame} from './wire/frame.ts';

const serialMax = 0xffff_ffff;

/** A call, ready to be sent, and what becomes of its answer. */
export interface Request<Result> {
  readonly procedure: Procedure;
  readonly send: () => void;
  /** Makes the result of the answer. */
  readonly keep: (frame: Frame) => Result;
  /** Undoes what a late answer brings that nobody waits for any more. */
  readonly discard?: () => void;
}

interface PendingCall extends QueuedCall {
  readonly procedure: Procedure;
  /** Gets the answer. After a cancel it only tidies up. */
  answer: (frame: Frame) => void;
  readonly fail: (error: Error) => void;
}

/** The calls of one connection that were made and not answered yet, whether they have been sent or not. */
export class CallsUnderWay {
  readonly #queue = new CallQueue();
  readonly #pending = new Map<number, PendingCall>();
  #serial = 0;
  #abandoned = 0;

  /** Calls that were cancelled after they had been sent. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Calls that have been sent and not answered yet, abandoned ones among them. */
  get inFlight(): number {
    return this.#queue.inFlight;
  }

  /** Calls that have not been sent yet. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Whether a call of this number has not been answered yet. */
  has(serial: number): boolean {
    return this.#pending.has(serial);
  }

  /** A number that no call has, and nothing else that `isTaken` knows of. */
  nextSerial(isTaken: (serial: number) => boolean): number {
    do {
      this.#serial = this.#serial >= serialMax ? 1 : this.#serial + 1;
    } while (this.#pending.has(this.#serial) || isTaken(this.#serial));
    return this.#serial;
  }

  /** Sends a call in its turn, and resolves to what `keep` makes of the answer. `signal` ends the waiting. */
  make<Result>(
    serial: number,
    {procedure, send, keep, discard}: Request<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const {promise, resolve, reject} = Promise.withResolvers<Result>();
    const {priority} = procedure;
    const pending: PendingCall = {procedure, priority, send, answer: frame => resolve(keep(frame)), fail: reject};
    this.#pending.set(serial, pending);
    this.#queue.add(pending);
    if (signal === undefined) {
      return promise;
    }
    const onAbort = (): void => {
      if (this.#queue.remove(pending)) {
        this.#pending.delete(serial);
      } else {
        this.#abandoned += 1;
        pending.answer = reply => {
          this.#abandoned -= 1;
          if (reply.status === frameStatus.ok) {
            discard?.();
          }
        };
      }
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, {once: true});
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** Expects the answer to a call that has been sent past all others. Resolves when it is there, whatever it says. */
  expect(serial: number, procedure: Procedure): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.#pending.set(serial, {procedure, priority: 'high', send: () => {}, answer: done, fail: done});
    return promise;
  }

  /**
   * Gives an answer to the call it belongs to. What cannot be read of it fails that call, with `explained`.
   * @throws {ConnectionError} `PROTOCOL_ERROR` when there is no such call.
   */
  answer(frame: Frame, explained: (error: unknown) => unknown): void {
    const pending = this.#pending.get(frame.serial);
    if (pending?.procedure.number !== frame.procedure) {
      throw protocolError(`An answer to a call that was not made arrived: procedure ${frame.procedure}`);
    }
    this.#pending.delete(frame.serial);
    try {
      pending.answer(frame);
    } catch (error) {
      pending.fail(explained(error) as Error);
    }
    this.#queue.release();
  }

  /** Sends nothing more, and fails all that wait. */
  failAll(error: Error): void {
    this.#queue.clear();
    for (const {fail} of this.#pending.values()) {
      fail(error);
    }
  }
}
