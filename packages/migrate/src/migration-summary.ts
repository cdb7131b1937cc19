import type {Step} from '@dr-toolkit/engine';

import type {DomainMove, MoveResult} from './domain-move.ts';

/** One line of the summary: what became of a domain. */
export interface SummaryRow {
  readonly domain: string;
  readonly from: string;
  readonly to: string;
  readonly mode: DomainMove['how'];
  /** `not verified`: it has arrived, and the run ended before it was looked at there. */
  readonly state: 'moved' | 'failed' | 'not verified' | 'not moved';
  readonly seconds?: number;
  readonly copiedBytes?: number;
  readonly downtimeMs?: number;
  /** What `verify-domain` saw. */
  readonly seen: readonly string[];
}

/** A step of a run as it ended; what the engine's own rows hold fits. */
export interface EndedStep {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly result?: unknown;
  readonly args?: Step['args'];
}

/** What became of each domain of a plan: `moved` only when it was verified on its target. */
export function migrationSummary(moves: readonly DomainMove[], steps: readonly EndedStep[]): SummaryRow[] {
  return moves.map(move => {
    const own = steps.filter(({args}) => args?.uuid === move.uuid);
    const result = own.find(({kind}) => kind === 'move-live' || kind === 'copy-offline')?.result as
      | Partial<MoveResult>
      | undefined;
    const verified = own.find(({kind, state}) => kind === 'verify-domain' && state === 'done');
    const seen = (verified?.result as {seen?: readonly string[]} | undefined)?.seen ?? [];
    const {seconds, copiedBytes, downtimeMs} = result ?? {};
    return {
      domain: move.domain,
      from: move.from,
      to: move.to,
      mode: move.how,
      state: stateOf(own, {verified: verified !== undefined, arrived: result !== undefined}),
      ...(seconds !== undefined && {seconds}),
      ...(copiedBytes !== undefined && {copiedBytes}),
      ...(downtimeMs !== undefined && {downtimeMs}),
      seen,
    };
  });
}

function stateOf(
  own: readonly EndedStep[],
  {verified, arrived}: {readonly verified: boolean; readonly arrived: boolean},
): SummaryRow['state'] {
  if (verified) return 'moved';
  if (own.some(({state}) => state === 'failed')) return 'failed';
  return arrived ? 'not verified' : 'not moved';
}
