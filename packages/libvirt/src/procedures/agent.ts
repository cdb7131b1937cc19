import {call} from './procedure.ts';

/** What the guest agent does for a domain. */
export const agentProcedures = {
  DOMAIN_GET_HOSTNAME: call(277, 'dom:domain flags:u32', 'hostname:string'),
  DOMAIN_FSTRIM: call(294, 'dom:domain mountPoint:string? minimum:u64 flags:u32', ''),
  DOMAIN_FSFREEZE: call(335, 'dom:domain mountpoints:string[] flags:u32', 'filesystems:i32'),
  DOMAIN_FSTHAW: call(336, 'dom:domain mountpoints:string[] flags:u32', 'filesystems:i32'),
  DOMAIN_GET_TIME: call(337, 'dom:domain flags:u32', 'seconds:i64 nseconds:u32'),
  DOMAIN_SET_TIME: call(338, 'dom:domain seconds:i64 nseconds:u32 flags:u32', ''),
  DOMAIN_GET_FSINFO: call(349, 'dom:domain flags:u32', 'info:fsInfo[] ret:u32'),
  DOMAIN_INTERFACE_ADDRESSES: call(353, 'dom:domain source:u32 flags:u32', 'ifaces:interfaceAddresses[]'),
  DOMAIN_SET_USER_PASSWORD: call(357, 'dom:domain user:string? password:string? flags:u32', ''),
  DOMAIN_GET_GUEST_INFO: call(418, 'dom:domain types:u32 flags:u32', 'params:param[]', {since: '5.7'}),
  DOMAIN_AGENT_SET_RESPONSE_TIMEOUT: call(420, 'dom:domain timeout:i32 flags:u32', 'result:i32', {since: '5.10'}),
  DOMAIN_AUTHORIZED_SSH_KEYS_SET: call(425, 'dom:domain user:string keys:string[] flags:u32', '', {since: '6.10'}),
};
