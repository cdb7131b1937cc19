import {ConnectionError, LibvirtError, MigrationError} from '@dr-toolkit/libvirt';

import {HostError} from '../host-error.ts';
import {hostHint, libvirtFailure, withoutPeriod} from './libvirt-failure.ts';

export interface FailedMove {
  readonly source: string;
  readonly target: string;
  /** The most that was seen to have moved. */
  readonly movedBytes: number;
}

/**
 * The source's daemon did not get through to the target's, or was not let in. Through ssh, libvirt reads before it knows
 * whether it is connected: only ssh's complaint tells that end from the end of a connection that stood.
 */
const unreached =
  /failed to connect to remote libvirt URI|unable to connect to server at|authentication (?:failed|unavailable)|(?:cannot recv data|end of file while reading data): [^:\s]/iu;

/**
 * Why a move failed, in dr's words; the daemons say neither's name. What left both sides without an answer is
 * `OUTCOME_UNKNOWN`, and only what came before the first byte is `PEER_UNREACHABLE`.
 */
export function moveFailure(error: unknown, {source, target, movedBytes}: FailedMove): unknown {
  const said = (message: string): string => `from ${source} to ${target}: ${message}`;
  if (error instanceof ConnectionError || error instanceof MigrationError) {
    const code =
      error instanceof MigrationError && error.code === 'MIGRATION_TARGET_FAILED' ? 'FAILED' : 'OUTCOME_UNKNOWN';
    return new HostError(code, said(error.message), {host: source, hint: withoutPeriod(error.hint), cause: error});
  }
  const failure = libvirtFailure(error, source);
  if (!(error instanceof LibvirtError) || !(failure instanceof HostError)) return failure;
  const {message} = error;
  if (movedBytes === 0 && unreached.test(message)) {
    const hint = `See that libvirtd on ${source} reaches libvirtd on ${target} (target URI in dr.yaml), or let dr drive the move: --managed`;
    return new HostError('PEER_UNREACHABLE', said(message), {host: source, hint, cause: error});
  }
  if (error.domain === 'RPC' || error.code === 'OPERATION_TIMEOUT') {
    const hint = `See where it runs (dr status) and that ${source} and ${target} reach each other, then run the same command again`;
    return new HostError('OUTCOME_UNKNOWN', said(message), {host: source, hint, cause: error});
  }
  const hint = failure.code === 'DISK_FULL' ? (hostHint('DISK_FULL', target) ?? failure.hint) : failure.hint;
  return new HostError(failure.code, said(message), {host: source, hint, cause: error});
}
