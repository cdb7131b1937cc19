/** Planned moves of domains between hosts: what to do, what stands in the way, and the kinds of step that do it. */
export {type AutomaticDisk, automaticDiskLanes} from './automatic-lanes.ts';
export {type AssessOptions, assessMigration, filesInTheWay} from './assess-migration.ts';
export {type MigrationAssessment, nothingAssessed, type TargetFile} from './assessment.ts';
export {type BrokenClaim, type ClaimStanding, claimStanding, claimText, type FoundClaim} from './claim-standing.ts';
export {type DeleteOptions, deleteUnfinished} from './delete-unfinished.ts';
export {copiedDisks, type DiskMove, type DomainMove, type GuestAnswer, type MoveResult} from './domain-move.ts';
export {domainMoves} from './domain-moves.ts';
export {claimFindings} from './claim-findings.ts';
export {foundClaims, type StandingOf} from './found-claims.ts';
export {bySeverity, type Finding, type FindingCode} from './finding.ts';
export {lanePoolFindings} from './lane-pool-findings.ts';
export {deleteProbe, type LeftProbe, leftProbes} from './left-probes.ts';
export {reasonToKeep} from './reason-to-keep.ts';
export {MigrationError, type MigrationErrorCode} from './migration-error.ts';
export {migrationFindings} from './migration-findings.ts';
export {type Drift, migrationDrift, migrationMoves, type Present} from './migration-drift.ts';
export {migrationKinds} from './migration-kinds.ts';
export {migrationLanes} from './migration-lanes.ts';
export {migrationPlan, type PlannedMigration, type PlanWords} from './migration-plan.ts';
export {
  type DiskPremise,
  type DomainPremises,
  type FilePremise,
  type MigrationPremises,
  migrationPremises,
  type PresenceState,
} from './migration-premises.ts';
export type {MigrationLanes, MigrationRequest, MigrationRoute} from './migration-request.ts';
export {type EndedStep, migrationSummary, type SummaryRow} from './migration-summary.ts';
export {type RepeatedPreflight, repeatedPreflight, type RepeatOptions} from './repeated-preflight.ts';
export {releaseClaims} from './release-claims.ts';
export {stepWeights} from './step-weights.ts';
export {type LeftBehindOptions, type UnfinishedCopy, unfinishedCopies} from './unfinished-copies.ts';
export {hasLeft, type MigrationContext, type Whereabouts} from './whereabouts.ts';
