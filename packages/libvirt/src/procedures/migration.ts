import {call} from './procedure.ts';

/** Moving a running domain, and watching or ending its job. */
export const migrationProcedures = {
  DOMAIN_MIGRATE_SET_MAX_DOWNTIME: call(166, 'dom:domain downtime:u64 flags:u32', ''),
  DOMAIN_MIGRATE_SET_MAX_SPEED: call(207, 'dom:domain bandwidth:u64 flags:u32', ''),
  DOMAIN_MIGRATE_GET_MAX_SPEED: call(242, 'dom:domain flags:u32', 'bandwidth:u64'),
  DOMAIN_MIGRATE_GET_COMPRESSION_CACHE: call(299, 'dom:domain flags:u32', 'cacheSize:u64'),
  DOMAIN_MIGRATE_SET_COMPRESSION_CACHE: call(300, 'dom:domain cacheSize:u64 flags:u32', ''),
  DOMAIN_MIGRATE_BEGIN3_PARAMS: call(302, 'dom:domain params:param[] flags:u32', 'cookieOut:bytes xml:string'),
  DOMAIN_MIGRATE_PREPARE3_PARAMS: call(
    303,
    'params:param[] cookieIn:bytes flags:u32',
    'cookieOut:bytes uriOut:string?',
  ),
  DOMAIN_MIGRATE_PREPARE_TUNNEL3_PARAMS: call(304, 'params:param[] cookieIn:bytes flags:u32', 'cookieOut:bytes'),
  DOMAIN_MIGRATE_PERFORM3_PARAMS: call(
    305,
    'dom:domain dconnuri:string? params:param[] cookieIn:bytes flags:u32',
    'cookieOut:bytes',
  ),
  DOMAIN_MIGRATE_FINISH3_PARAMS: call(
    306,
    'params:param[] cookieIn:bytes flags:u32 cancelled:i32',
    'dom:domain cookieOut:bytes',
  ),
  DOMAIN_MIGRATE_CONFIRM3_PARAMS: call(307, 'dom:domain params:param[] cookieIn:bytes flags:u32 cancelled:i32', ''),
  DOMAIN_MIGRATE_START_POST_COPY: call(364, 'dom:domain flags:u32', ''),
  DOMAIN_MIGRATE_GET_MAX_DOWNTIME: call(387, 'dom:domain flags:u32', 'downtime:u64', {since: '3.7'}),
  DOMAIN_START_DIRTY_RATE_CALC: call(427, 'dom:domain seconds:i32 flags:u32', '', {since: '7.2'}),
  DOMAIN_GET_JOB_INFO: call(
    163,
    'dom:domain',
    'type:i32 timeElapsed:u64 timeRemaining:u64 dataTotal:u64 dataProcessed:u64 dataRemaining:u64 memTotal:u64 memProcessed:u64 memRemaining:u64 fileTotal:u64 fileProcessed:u64 fileRemaining:u64',
  ),
  DOMAIN_ABORT_JOB: call(164, 'dom:domain', ''),
  DOMAIN_GET_JOB_STATS: call(298, 'dom:domain flags:u32', 'type:i32 params:param[]'),
  DOMAIN_ABORT_JOB_FLAGS: call(442, 'dom:domain flags:u32', '', {since: '8.5'}),
};
