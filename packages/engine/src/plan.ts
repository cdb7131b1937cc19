import type {LanePlaces, Priority} from '@dr-toolkit/lanes';

import type {Json} from './json.ts';

/** `planned` halts at the first error; `disaster` and `drill` go on with all that does not depend on what failed. */
export type PlanMode = 'planned' | 'disaster' | 'drill';

/**
 * What a step's failure means. `stop`: nothing more is started, what runs ends. `skip-dependents`: all that requires it
 * is skipped. `continue`: as if it had succeeded. `ask`: a person says which.
 */
export type OnFailure = 'stop' | 'skip-dependents' | 'ask' | 'continue';

export interface Need {
  readonly step: string;
  /** `require`: only after it was done. `prefer`: only after it has ended, whichever way. */
  readonly need: 'require' | 'prefer';
}

export interface Retries {
  /** Attempts after the first. */
  readonly max: number;
  /** Before the second attempt; doubled before each further one, up to five minutes. */
  readonly backoffMs: number;
}

/** Where a step stands in a display. */
export interface StepGroup {
  readonly wave?: number;
  readonly service?: string;
  /** Steps of one subject, such as a domain, share a line. */
  readonly subject?: string;
}

/** One act of a plan: plain data. */
export interface Step {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  /** What it changes, in one sentence. */
  readonly changes: string;
  readonly args: {readonly [key: string]: Json};
  readonly group: StepGroup;
  readonly needs: readonly Need[];
  readonly lanes: readonly LanePlaces[];
  /** For one attempt. Without it an attempt may take for ever. */
  readonly timeoutMs?: number;
  readonly retries: Retries;
  readonly onFailure: OnFailure;
}

export interface Intent {
  /** What the operator asked for, as typed: `migrate --from sunjammer --to newhost`. */
  readonly command: string;
  readonly options?: {readonly [key: string]: Json};
}

/** What should happen, settled before anything happens: frozen, serialisable, named by its digest. */
export interface Plan {
  readonly format: 'dr-plan/1';
  readonly intent: Intent;
  readonly mode: PlanMode;
  readonly priority: Priority;
  /** Digests of dr.yaml and of the inventory it was made from. */
  readonly estate: string;
  readonly inventory: string;
  /** What has to hold still when the plan is run, as the package that made it understands. */
  readonly premises?: {readonly [key: string]: Json};
  readonly steps: readonly Step[];
  /** Over everything above. */
  readonly digest: string;
}
