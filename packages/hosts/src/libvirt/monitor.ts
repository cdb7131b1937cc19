import type {CallOptions} from '../host.ts';
import type {DomainRef} from './read-domain.ts';

/** As much of a link as it takes to ask QEMU. */
export interface MonitorLink {
  ask(
    name: 'DOMAIN_MONITOR_COMMAND',
    args: {readonly dom: DomainRef; readonly cmd: string},
    options: CallOptions,
  ): Promise<{readonly result: string} | undefined>;
}

/** Asks QEMU itself, through libvirt. Undefined when there is no answer, or QEMU refuses. */
export async function askMonitor(
  link: MonitorLink,
  dom: DomainRef,
  {execute, ...more}: {readonly execute: string; readonly arguments?: object},
  options: CallOptions,
): Promise<unknown> {
  const answer = await link.ask('DOMAIN_MONITOR_COMMAND', {dom, cmd: JSON.stringify({execute, ...more})}, options);
  return answer && (JSON.parse(answer.result) as {return?: unknown}).return;
}

/** Whether QEMU can be asked at all: a host may not let its clients. */
export async function hasMonitor(link: MonitorLink, dom: DomainRef, options: CallOptions = {}): Promise<boolean> {
  return (await askMonitor(link, dom, {execute: 'query-block-jobs'}, options)) !== undefined;
}
