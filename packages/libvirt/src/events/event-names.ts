/** What the numbers in events stand for, each name at libvirt's number. */
export const watchdogActions = ['none', 'pause', 'reset', 'poweroff', 'shutdown', 'debug', 'injectnmi'] as const;
export const ioErrorActions = ['none', 'pause', 'report'] as const;
export const graphicsPhases = ['connect', 'initialize', 'disconnect'] as const;
export const diskChangeReasons = ['missing-on-start', 'dropped-on-start'] as const;
export const trayReasons = ['open', 'close'] as const;
export const agentStates = ['unknown', 'connected', 'disconnected'] as const;
export const agentReasons = ['unknown', 'domain-started', 'channel'] as const;
export const memoryFailureRecipients = ['hypervisor', 'guest'] as const;
export const memoryFailureActions = ['ignore', 'inject', 'fatal', 'reset'] as const;
export const networkEvents = ['defined', 'undefined', 'started', 'stopped'] as const;
export const poolEvents = ['defined', 'undefined', 'started', 'stopped', 'created', 'deleted'] as const;
export const secretEvents = ['defined', 'undefined'] as const;
export const nodeDeviceEvents = ['created', 'deleted', 'defined', 'undefined'] as const;
