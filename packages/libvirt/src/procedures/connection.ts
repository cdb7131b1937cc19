import {call} from './procedure.ts';

/** Opening, authenticating and asking the daemon about itself. */
export const connectionProcedures = {
  CONNECT_OPEN: call(1, 'name:string? flags:u32', '', {priority: 'high'}),
  CONNECT_CLOSE: call(2, '', '', {priority: 'high'}),
  CONNECT_GET_TYPE: call(3, '', 'type:string', {priority: 'high'}),
  CONNECT_GET_VERSION: call(4, '', 'hvVer:u64', {priority: 'high'}),
  CONNECT_GET_CAPABILITIES: call(7, '', 'capabilities:string'),
  CONNECT_GET_HOSTNAME: call(59, '', 'hostname:string', {priority: 'high'}),
  CONNECT_SUPPORTS_FEATURE: call(60, 'feature:i32', 'supported:i32', {priority: 'high'}),
  AUTH_LIST: call(66, '', 'types:i32[]', {priority: 'high'}),
  AUTH_SASL_INIT: call(67, '', 'mechlist:string', {priority: 'high'}),
  AUTH_SASL_START: call(68, 'mech:string nil:i32 data:chars', 'complete:i32 nil:i32 data:chars', {priority: 'high'}),
  AUTH_SASL_STEP: call(69, 'nil:i32 data:chars', 'complete:i32 nil:i32 data:chars', {priority: 'high'}),
  AUTH_POLKIT: call(70, '', 'complete:i32', {priority: 'high'}),
  CONNECT_GET_URI: call(110, '', 'uri:string', {priority: 'high'}),
  CONNECT_DOMAIN_XML_FROM_NATIVE: call(135, 'nativeFormat:string nativeConfig:string flags:u32', 'domainXml:string'),
  CONNECT_IS_SECURE: call(149, '', 'secure:i32', {priority: 'high'}),
  CONNECT_GET_LIB_VERSION: call(157, '', 'libVer:u64', {priority: 'high'}),
  CONNECT_COMPARE_CPU: call(158, 'xml:string flags:u32', 'result:i32', {priority: 'high'}),
  CONNECT_GET_SYSINFO: call(203, 'flags:u32', 'sysinfo:string', {priority: 'high'}),
  CONNECT_GET_DOMAIN_CAPABILITIES: call(
    342,
    'emulatorbin:string? arch:string? machine:string? virttype:string? flags:u32',
    'capabilities:string',
  ),
  CONNECT_REGISTER_CLOSE_CALLBACK: call(360, '', '', {priority: 'high'}),
  CONNECT_UNREGISTER_CLOSE_CALLBACK: call(361, '', '', {priority: 'high'}),
  CONNECT_COMPARE_HYPERVISOR_CPU: call(
    393,
    'emulator:string? arch:string? machine:string? virttype:string? xmlCpu:string flags:u32',
    'result:i32',
    {since: '4.4'},
  ),
  CONNECT_BASELINE_HYPERVISOR_CPU: call(
    394,
    'emulator:string? arch:string? machine:string? virttype:string? xmlCpus:string[] flags:u32',
    'cpu:string',
    {since: '4.4'},
  ),
};
