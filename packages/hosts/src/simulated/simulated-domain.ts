import type {Answered} from '../guest-waits.ts';
import type {HostErrorCode} from '../host-error.ts';
import type {JobReading} from '../host.ts';
import type {DomainReading, DomainState} from '../reading.ts';

/** A domain of a simulated host: tests look at it and change it. */
export interface SimulatedDomain {
  xml: string;
  state: DomainState;
  stateReason: string;
  persistent: boolean;
  autostart: boolean;
  agent: DomainReading['agent'];
  addresses: readonly string[];
  snapshots: readonly string[];
  job: JobReading | undefined;
  /** What it has written since it was started, and how long that took in all. It reads nothing. */
  diskWait: Answered;
  /** Bytes per second, where a move of it was bounded. */
  copySpeed: number | undefined;
}

/** What goes wrong with a move. All but the first happen half-way. */
export type MoveMishap =
  /** The source's daemon does not get through to the target's: nothing begins. Dr itself gets through. */
  | {readonly kind: 'peers apart'}
  /** The move fails with this error, and the domain stays. */
  | {readonly kind: 'fails'; readonly code: HostErrorCode; readonly message: string}
  /** The caller loses sight of it, and it goes on to its end. */
  | {readonly kind: 'unseen'}
  /** Something happens on the way: the test says what. */
  | {readonly kind: 'event'; readonly act: () => void};
