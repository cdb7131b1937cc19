import {ConnectionError, LibvirtError} from '@dr-toolkit/libvirt';

import {HostError, type HostErrorCode} from '../host-error.ts';

/** What the client or the daemon reports, in dr's words. What is neither passes through. */
export function libvirtFailure(error: unknown, host: string): unknown {
  if (error instanceof ConnectionError) return unreachable(error, host);
  if (!(error instanceof LibvirtError)) return error;
  const code = codeOf(error);
  const hint = hostHint(code, host) ?? withoutPeriod(error.hint);
  return new HostError(code, `${host}: ${error.message}`, {host, hint, cause: error});
}

const byLibvirtCode: Readonly<Partial<Record<string, HostErrorCode>>> = {
  ACCESS_DENIED: 'ACCESS_DENIED',
  AGENT_UNRESPONSIVE: 'BUSY',
  ARGUMENT_UNSUPPORTED: 'NOT_SUPPORTED',
  AUTH_FAILED: 'ACCESS_DENIED',
  CONFIG_UNSUPPORTED: 'NOT_SUPPORTED',
  CPU_INCOMPATIBLE: 'CPU_INCOMPATIBLE',
  NO_DOMAIN: 'DOMAIN_NOT_FOUND',
  NO_STORAGE_POOL: 'VOLUME_NOT_FOUND',
  NO_STORAGE_VOL: 'VOLUME_NOT_FOUND',
  NO_SUPPORT: 'NOT_SUPPORTED',
  OPERATION_ABORTED: 'ABORTED',
  OPERATION_DENIED: 'ACCESS_DENIED',
  OPERATION_INVALID: 'NOT_NOW',
  OPERATION_TIMEOUT: 'BUSY',
  OPERATION_UNSUPPORTED: 'NOT_SUPPORTED',
  RESOURCE_BUSY: 'BUSY',
  STORAGE_VOL_EXIST: 'VOLUME_EXISTS',
};

const hints: Readonly<Partial<Record<HostErrorCode, (host: string) => string>>> = {
  ABORTED: () => 'Run the same command again when nothing speaks against it',
  BUSY: host => `Wait until what is under way on ${host} has ended, and run the same command again`,
  DISK_FULL: host => `Free disk space on ${host}, and run the same command again`,
  NOT_NOW: host => `See what state it is in on ${host}: dr status`,
};

/** What to do about it on that host; undefined where libvirt's own hint says it best. */
export function hostHint(code: HostErrorCode, host: string): string | undefined {
  return hints[code]?.(host);
}

/** Hints of hosts may be continued; those of the client are sentences. */
export function withoutPeriod(hint: string): string {
  return hint.replace(/\.$/u, '');
}

function codeOf(error: LibvirtError): HostErrorCode {
  if (/no space left on device/iu.test(error.message)) return 'DISK_FULL';
  return byLibvirtCode[error.code] ?? 'FAILED';
}

function unreachable(error: ConnectionError, host: string): HostError {
  const denied = error.code === 'AUTH_FAILED' || error.code === 'TLS_REFUSED';
  const code = denied ? 'ACCESS_DENIED' : 'HOST_UNREACHABLE';
  return new HostError(code, `${host} does not answer: ${error.message}`, {
    host,
    hint: withoutPeriod(error.hint),
    cause: error,
  });
}
