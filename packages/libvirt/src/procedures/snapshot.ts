import {call} from './procedure.ts';

/** Snapshots, checkpoints and backup jobs. */
export const snapshotProcedures = {
  DOMAIN_SNAPSHOT_CREATE_XML: call(185, 'dom:domain xmlDesc:string flags:u32', 'snap:snapshot'),
  DOMAIN_SNAPSHOT_GET_XML_DESC: call(186, 'snap:snapshot flags:u32', 'xml:string', {priority: 'high'}),
  DOMAIN_SNAPSHOT_LOOKUP_BY_NAME: call(189, 'dom:domain name:string flags:u32', 'snap:snapshot', {priority: 'high'}),
  DOMAIN_HAS_CURRENT_SNAPSHOT: call(190, 'dom:domain flags:u32', 'result:i32'),
  DOMAIN_SNAPSHOT_CURRENT: call(191, 'dom:domain flags:u32', 'snap:snapshot'),
  DOMAIN_REVERT_TO_SNAPSHOT: call(192, 'snap:snapshot flags:u32', ''),
  DOMAIN_SNAPSHOT_DELETE: call(193, 'snap:snapshot flags:u32', ''),
  DOMAIN_SNAPSHOT_GET_PARENT: call(244, 'snap:snapshot flags:u32', 'snap:snapshot', {priority: 'high'}),
  DOMAIN_SNAPSHOT_IS_CURRENT: call(271, 'snap:snapshot flags:u32', 'current:i32'),
  DOMAIN_SNAPSHOT_HAS_METADATA: call(272, 'snap:snapshot flags:u32', 'metadata:i32'),
  DOMAIN_LIST_ALL_SNAPSHOTS: call(274, 'dom:domain needResults:i32 flags:u32', 'snapshots:snapshot[] ret:i32', {
    priority: 'high',
  }),
  DOMAIN_SNAPSHOT_LIST_ALL_CHILDREN: call(
    275,
    'snapshot:snapshot needResults:i32 flags:u32',
    'snapshots:snapshot[] ret:i32',
    {priority: 'high'},
  ),
  DOMAIN_CHECKPOINT_CREATE_XML: call(411, 'dom:domain xmlDesc:string flags:u32', 'checkpoint:checkpoint', {
    since: '5.6',
  }),
  DOMAIN_CHECKPOINT_GET_XML_DESC: call(412, 'checkpoint:checkpoint flags:u32', 'xml:string', {since: '5.6'}),
  DOMAIN_LIST_ALL_CHECKPOINTS: call(413, 'dom:domain needResults:i32 flags:u32', 'checkpoints:checkpoint[] ret:i32', {
    priority: 'high',
    since: '5.6',
  }),
  DOMAIN_CHECKPOINT_LIST_ALL_CHILDREN: call(
    414,
    'checkpoint:checkpoint needResults:i32 flags:u32',
    'checkpoints:checkpoint[] ret:i32',
    {priority: 'high', since: '5.6'},
  ),
  DOMAIN_CHECKPOINT_LOOKUP_BY_NAME: call(415, 'dom:domain name:string flags:u32', 'checkpoint:checkpoint', {
    priority: 'high',
    since: '5.6',
  }),
  DOMAIN_CHECKPOINT_GET_PARENT: call(416, 'checkpoint:checkpoint flags:u32', 'parent:checkpoint', {
    priority: 'high',
    since: '5.6',
  }),
  DOMAIN_CHECKPOINT_DELETE: call(417, 'checkpoint:checkpoint flags:u32', '', {since: '5.6'}),
  DOMAIN_BACKUP_BEGIN: call(421, 'dom:domain backupXml:string checkpointXml:string? flags:u32', '', {since: '6.0'}),
  DOMAIN_BACKUP_GET_XML_DESC: call(422, 'dom:domain flags:u32', 'xml:string', {priority: 'high', since: '6.0'}),
};
