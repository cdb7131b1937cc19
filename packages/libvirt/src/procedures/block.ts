import {call} from './procedure.ts';

/** Disks of a domain: statistics, resizing, block jobs. */
export const blockProcedures = {
  DOMAIN_BLOCK_STATS: call(64, 'dom:domain path:string', 'rdReq:i64 rdBytes:i64 wrReq:i64 wrBytes:i64 errs:i64'),
  DOMAIN_INTERFACE_STATS: call(
    65,
    'dom:domain device:string',
    'rxBytes:i64 rxPackets:i64 rxErrs:i64 rxDrop:i64 txBytes:i64 txPackets:i64 txErrs:i64 txDrop:i64',
    {priority: 'high'},
  ),
  DOMAIN_BLOCK_PEEK: call(103, 'dom:domain path:string offset:u64 size:u32 flags:u32', 'buffer:bytes'),
  DOMAIN_MEMORY_STATS: call(159, 'dom:domain maxStats:u32 flags:u32', 'stats:memoryStat[]'),
  DOMAIN_GET_BLOCK_INFO: call(194, 'dom:domain path:string flags:u32', 'allocation:u64 capacity:u64 physical:u64'),
  DOMAIN_BLOCK_JOB_ABORT: call(237, 'dom:domain path:string flags:u32', ''),
  DOMAIN_GET_BLOCK_JOB_INFO: call(
    238,
    'dom:domain path:string flags:u32',
    'found:i32 type:i32 bandwidth:u64 cur:u64 end:u64',
  ),
  DOMAIN_BLOCK_JOB_SET_SPEED: call(239, 'dom:domain path:string bandwidth:u64 flags:u32', ''),
  DOMAIN_BLOCK_PULL: call(240, 'dom:domain path:string bandwidth:u64 flags:u32', ''),
  DOMAIN_BLOCK_STATS_FLAGS: call(243, 'dom:domain path:string nparams:i32 flags:u32', 'params:param[] nparams:i32'),
  DOMAIN_BLOCK_RESIZE: call(251, 'dom:domain disk:string size:u64 flags:u32', ''),
  DOMAIN_SET_BLOCK_IO_TUNE: call(252, 'dom:domain disk:string params:param[] flags:u32', ''),
  DOMAIN_GET_BLOCK_IO_TUNE: call(253, 'dom:domain disk:string? nparams:i32 flags:u32', 'params:param[] nparams:i32'),
  DOMAIN_GET_DISK_ERRORS: call(263, 'dom:domain maxerrors:u32 flags:u32', 'errors:diskError[] nerrors:i32'),
  DOMAIN_BLOCK_REBASE: call(266, 'dom:domain path:string base:string? bandwidth:u64 flags:u32', ''),
  DOMAIN_BLOCK_COMMIT: call(290, 'dom:domain disk:string base:string? top:string? bandwidth:u64 flags:u32', ''),
  DOMAIN_BLOCK_COPY: call(345, 'dom:domain path:string destxml:string params:param[] flags:u32', ''),
  DOMAIN_SET_BLOCK_THRESHOLD: call(386, 'dom:domain dev:string threshold:u64 flags:u32', '', {since: '3.1'}),
};
