import type {CallOptions} from '../host.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import type {DomainRef} from './read-domain.ts';

const mebibyte = 1024 ** 2;
/** What QEMU and libvirt take for "as fast as it goes". */
const unbounded = {memoryMib: 8_796_093_022_207, diskBytes: 0};

interface BlockJob {
  readonly device: string;
  readonly type: string;
}

/**
 * Changes how fast a move that is under way may be. libvirt's own call reaches memory only, and its call for block jobs
 * waits until the move is over, so QEMU itself is told of the disks.
 */
export async function setMoveSpeed(
  link: LibvirtLink,
  dom: DomainRef,
  bytesPerSecond: number | undefined,
  options: CallOptions,
): Promise<void> {
  const bandwidth =
    bytesPerSecond === undefined ? unbounded.memoryMib : Math.max(1, Math.floor(bytesPerSecond / mebibyte));
  await link.ask('DOMAIN_MIGRATE_SET_MAX_SPEED', {dom, bandwidth}, options);
  const answer = await link.ask('DOMAIN_MONITOR_COMMAND', {dom, cmd: '{"execute":"query-block-jobs"}'}, options);
  if (!answer) return;
  const {return: jobs = []} = JSON.parse(answer.result) as {return?: readonly BlockJob[]};
  const speed =
    bytesPerSecond === undefined ? unbounded.diskBytes : Math.max(1, Math.floor(bytesPerSecond / copiesIn(jobs)));
  for (const {device} of jobs.filter(isCopy)) {
    const cmd = JSON.stringify({execute: 'block-job-set-speed', arguments: {device, speed}});
    await link.ask('DOMAIN_MONITOR_COMMAND', {dom, cmd}, options);
  }
}

/** Disks of one move are copied at once and share its speed. */
function copiesIn(jobs: readonly BlockJob[]): number {
  return Math.max(1, jobs.filter(isCopy).length);
}

function isCopy({type}: BlockJob): boolean {
  return type === 'mirror';
}
