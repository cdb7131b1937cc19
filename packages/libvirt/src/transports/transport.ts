import type {Buffer} from 'node:buffer';
import type {Readable, Writable} from 'node:stream';

/** Bytes to a daemon and back. `input` ends or fails when the other side goes. */
export interface Transport {
  readonly input: Readable;
  /** Hands over what arrives. The bytes are the listener's until it returns; the next may come in the same memory. */
  readonly onBytes: (listener: (bytes: Buffer) => void) => void;
  readonly output: Writable;
  /** Where it leads, for messages: `unix:/run/libvirt/libvirt-sock`. */
  readonly address: string;
  /** Whether nobody on the way can read along, so that a login over it is safe. */
  readonly confidential: boolean;
  /** What is known about why it ended, such as what ssh wrote to stderr. */
  readonly diagnosis?: () => Promise<string>;
  /** Lets go of sockets and processes at once. Safe to call twice. */
  readonly destroy: () => void;
}
