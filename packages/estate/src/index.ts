/** dr.yaml and what was read from the hosts: the schema, its mistakes in their places, and matching the two. */
export {estateDigest, inventoryDigest} from './digest.ts';
export {durationMs} from './duration.ts';
export type {
  Check,
  Estate,
  EstateHost,
  EstateLink,
  EstateNetwork,
  EstatePool,
  Fence,
  LaneSize,
  LaneSizes,
  NetworkPlace,
  SecretReference,
  Service,
  ServiceDomain,
} from './estate.ts';
export {describeMistake, EstateError, type EstateErrorCode, type Mistake} from './estate-error.ts';
export {estateFromInventory, type EstateTextOptions, type FoundHost} from './estate-from-inventory.ts';
export {estateJsonSchema} from './estate-json-schema.ts';
export {EstateNameError, type EstateNameErrorCode, findHost} from './find-host.ts';
export {type MissingPool, missingPools} from './missing-pools.ts';
export {
  arrivingLane,
  diskLane,
  estateLane,
  isPoolLane,
  leavingLane,
  linkLane,
  poolLane,
  preparationLane,
} from './lane-names.ts';
export {automaticDisks, laneCaps, lanePlaces} from './lane-places.ts';
export {estateFile, loadEstate, type LoadedEstate, type LoadEstateOptions} from './load-estate.ts';
export {didYouMean, nearest} from './nearest.ts';
export {parseEstate} from './parse-estate.ts';
export {shellWord} from './shell-word.ts';
export {placeFor, type Route, routeBetween} from './route-between.ts';
