import {qemuCall} from './procedure.ts';

/** The QEMU program: the monitor and the raw guest agent. */
export const qemuProcedures = {
  DOMAIN_MONITOR_COMMAND: qemuCall(1, 'dom:domain cmd:string flags:u32', 'result:string'),
  DOMAIN_AGENT_COMMAND: qemuCall(3, 'dom:domain cmd:string timeout:i32 flags:u32', 'result:string?'),
  CONNECT_DOMAIN_MONITOR_EVENT_REGISTER: qemuCall(4, 'dom:domain? event:string? flags:u32', 'callbackId:i32', {
    priority: 'high',
  }),
  CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER: qemuCall(5, 'callbackId:i32', '', {priority: 'high'}),
};
