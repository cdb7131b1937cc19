/** Bounded, fair admission to shared resources: all the lanes an act needs, or none. */
export {adaptiveLane, type AdaptiveLane, type LaneFindings, type LaneSample, nextLane} from './adaptive-lane.ts';
export {admit, type AdmitOptions, type LaneGrant} from './admit.ts';
export {bandwidthOf, type BandwidthCaps} from './bandwidth.ts';
export {type LaneBounds, laneBounds} from './lane-bounds.ts';
export {type LanePlaces, type LaneRequest, priorities, type Priority, tally} from './lane.ts';
export {type HoldOptions, Lanes, type LanesOptions} from './lanes.ts';
export {
  adaptiveBounds,
  type AdaptiveBounds,
  adaptiveLimit,
  type AdaptiveLimit,
  nextLimit,
  type PressureSample,
} from './next-limit.ts';
