import {call} from './procedure.ts';

/** The host: processors, memory, free pages. */
export const nodeProcedures = {
  NODE_GET_INFO: call(6, '', 'model:chars32 memory:u64 cpus:i32 mhz:i32 nodes:i32 sockets:i32 cores:i32 threads:i32', {
    priority: 'high',
  }),
  NODE_GET_CELLS_FREE_MEMORY: call(101, 'startCell:i32 maxcells:i32', 'cells:u64[]', {priority: 'high'}),
  NODE_GET_FREE_MEMORY: call(102, '', 'freeMem:u64', {priority: 'high'}),
  NODE_GET_CPU_STATS: call(227, 'cpuNum:i32 nparams:i32 flags:u32', 'params:nodeStat[] nparams:i32', {
    priority: 'high',
  }),
  NODE_GET_MEMORY_STATS: call(228, 'nparams:i32 cellNum:i32 flags:u32', 'params:nodeStat[] nparams:i32', {
    priority: 'high',
  }),
  NODE_GET_CPU_MAP: call(293, 'needMap:i32 needOnline:i32 flags:u32', 'cpumap:bytes online:u32 ret:i32'),
  NODE_GET_FREE_PAGES: call(340, 'pages:u32[] startCell:i32 cellCount:u32 flags:u32', 'counts:u64[]', {
    priority: 'high',
  }),
};
