/** Real libvirt hosts on one machine: for demos, tests and CI. */
export {askGuest, waitForGuest, type GuestStatus} from './guest-status.ts';
export type {LabDomain} from './host-libvirt.ts';
export {Lab, labEstateFile, listLabs, openLab} from './lab.ts';
export type {LabGuestStatus, LabHostStatus, LabStatus} from './lab-status.ts';
export {labDown, labToTakeDown} from './lab-down.ts';
export {LabError, type LabErrorCode} from './lab-error.ts';
export {labEstate} from './lab-estate.ts';
export type {LabProgress, OnProgress} from './lab-progress.ts';
export type {GuestRecord, HostRecord, LabRecord, LinkCut, LinkSpeed} from './lab-record.ts';
export {labToBringUp, labUp, type LabUpOptions, type LabWish} from './lab-up.ts';
export {labPackages, labRefusals, type LabRefusal} from './refusals.ts';
