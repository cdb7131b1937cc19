import {shellWord} from '@dr-toolkit/estate';
import type {DiskReading, DomainReading} from '@dr-toolkit/hosts';

import {copiedDisks, type DiskMove} from './domain-move.ts';
import {isDeclaredShared, poolOf} from './domain-moves.ts';
import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';
import {nvramFindings} from './nvram-findings.ts';
import {isOwn, otherUser} from './other-user.ts';
import {perhapsNewer} from './perhaps-newer.ts';
import {placeUnread} from './place-unread.ts';
import {hasLeft} from './whereabouts.ts';

/** What stands in the way of a domain's disks. */
export function diskFindings(examined: Examined, domain: DomainReading): Finding[] {
  const {move} = examined;
  return [
    ...domain.disks.flatMap(disk => readingFindings(examined, domain, disk)),
    ...move.disks.filter(disk => disk.storage === 'shared').flatMap(disk => sharedFindings(examined, disk)),
    ...copiedDisks(move).flatMap(disk => placeFindings(examined, disk)),
    ...nvramFindings(examined),
  ];
}

function readingFindings({move}: Examined, {name}: DomainReading, disk: DiskReading): Finding[] {
  const at = {host: move.from, domain: name};
  const findings: Finding[] = [];
  if (disk.blockJob !== undefined) {
    findings.push({
      severity: 'blocks',
      code: 'JOB_RUNNING',
      ...at,
      message: `A block job (${disk.blockJob}) runs on ${disk.target} of ${name}`,
      remedy: `Wait until it has ended, or end it: virsh blockjob ${shellWord(name)} ${disk.target} --abort`,
    });
  }
  if (disk.device !== 'disk' && disk.device !== 'lun') return findings;
  const planned = move.disks.find(({target}) => target === disk.target);
  if (disk.type === 'network') {
    findings.push({
      severity: 'notes',
      code: 'SHARED_STORAGE',
      ...at,
      message: `${disk.target} of ${name} is reached over the network, and is not copied`,
      remedy: `See that ${move.to} reaches it too`,
    });
  } else if (planned?.storage !== 'shared' && !isPlainFile(disk)) {
    findings.push({
      severity: 'blocks',
      code: 'DISK_UNSUPPORTED',
      ...at,
      message: `${disk.target} of ${name} is ${disk.path ?? disk.type} (${disk.device}, ${disk.format ?? disk.type}); dr copies raw and qcow2 files`,
      remedy: 'Put it on storage that both hosts share, or into a file',
    });
  } else if (planned?.storage === 'copy' && disk.shareable) {
    findings.push({
      severity: 'blocks',
      code: 'DISK_UNSUPPORTED',
      ...at,
      message: `${disk.target} of ${name} is shared with other domains, so a copy would part them`,
      remedy: 'Put it on storage that both hosts share',
    });
  } else if (planned?.storage === 'copy' && disk.readonly && move.how === 'live') {
    findings.push({
      severity: 'blocks',
      code: 'DISK_UNSUPPORTED',
      ...at,
      message: `${disk.target} of ${name} is read-only, and libvirt cannot copy such a disk while ${name} runs`,
      remedy: `Shut ${name} down and move it with --mode offline, or detach ${disk.target} first`,
    });
  } else if (planned?.storage === 'copy' && disk.backingPaths.length > 0) {
    findings.push(backingFinding(move.how, at, disk));
  } else if (
    planned?.storage === 'shared' &&
    planned.sourcePath !== planned.targetPath &&
    disk.backingPaths.length > 0
  ) {
    findings.push({
      severity: 'blocks',
      code: 'BACKING_CHAIN',
      ...at,
      message: `${disk.target} of ${name} lies on top of ${disk.backingPaths.join(', ')}, which ${move.to} has under another path`,
      remedy: `Mount the shared folder at the same path on both hosts, or make the disk whole: virsh blockpull ${shellWord(name)} ${disk.target}`,
    });
  }
  return findings;
}

function isPlainFile({type, device, format, path}: DiskReading): boolean {
  const known = format === 'raw' || format === 'qcow2';
  return device === 'disk' && known && path !== undefined && (type === 'file' || type === 'volume');
}

function backingFinding(how: string, at: {host: string; domain: string}, disk: DiskReading): Finding {
  const chain = `${disk.target} of ${at.domain} lies on top of ${disk.backingPaths.join(', ')}`;
  if (how === 'offline') {
    const remedy = `Start ${at.domain} and move it live, or make its disk whole: virsh blockpull ${shellWord(at.domain)} ${disk.target}`;
    return {severity: 'blocks', code: 'BACKING_CHAIN', ...at, message: `${chain}, which is not copied with it`, remedy};
  }
  return {
    severity: 'warns',
    code: 'BACKING_CHAIN',
    ...at,
    message: `${chain}; on the target it becomes one whole file, and takes more room`,
    remedy: 'Nothing to do, unless room is short',
  };
}

function sharedFindings({move, target}: Examined, disk: DiskMove): Finding[] {
  const at = {host: move.to, domain: move.domain};
  const pool = poolOf(target, disk.targetPath);
  const how = disk.proof === 'probe' ? '; that they do is proved before it moves' : '';
  const message = `${disk.sourcePath} lies on storage that both hosts share, and is not copied${how}`;
  return [
    ...(pool && !pool.active ? [inactiveFinding(at, pool.name)] : []),
    {severity: 'notes', code: 'SHARED_STORAGE', ...at, message, remedy: 'Nothing to do'},
  ];
}

function inactiveFinding(at: {host: string; domain: string}, pool: string): Finding {
  const message = `Pool ${pool} on ${at.host} is not active`;
  const remedy = `Start it on ${at.host}: virsh pool-start ${shellWord(pool)}`;
  return {severity: 'blocks', code: 'POOL_INACTIVE', ...at, message, remedy};
}

function placeFindings({move, moves, source, target, request, assessment}: Examined, disk: DiskMove): Finding[] {
  const at = {host: move.to, domain: move.domain};
  const findings: Finding[] = [];
  const block = (code: Finding['code'], message: string, remedy: string) =>
    findings.push({severity: 'blocks', code, ...at, message, remedy});

  const from = poolOf(source, disk.sourcePath);
  const mapped = from && request.route.pools?.[from.name];
  // A pool that dr.yaml calls shared and that is not there would part the two: what is copied is shared no more.
  const declared = isDeclaredShared(from, request) ? from?.name : undefined;
  const needed = mapped ?? ('pool' in disk.place ? disk.place.pool : declared);
  const pool = needed === undefined ? poolOf(target, disk.targetPath) : target.pools.find(({name}) => name === needed);
  if (needed !== undefined && !pool) {
    const there = target.pools.map(({name}) => name).join(', ') || 'none';
    block(
      'POOL_MISSING',
      `${move.to} has no pool ${needed} for ${disk.target} of ${move.domain}; it has: ${there}`,
      `Define it on ${move.to}, or map another one in dr.yaml`,
    );
  } else if (pool && !pool.active) {
    findings.push(inactiveFinding(at, pool.name));
  }

  const twin = moves
    .flatMap(other => copiedDisks(other).map(({target: name, targetPath}) => ({other, name, targetPath})))
    .find(({other, name, targetPath}) => {
      const isItself = other.uuid === move.uuid && name === disk.target;
      return !isItself && targetPath === disk.targetPath;
    });
  if (twin)
    block(
      'DISK_EXISTS',
      `${disk.targetPath} is where ${twin.other.uuid === move.uuid ? `both ${disk.target} and ${twin.name} go` : `a disk of ${twin.other.domain} goes too`}`,
      'Rename one of the files, or map the pools apart in dr.yaml',
    );

  const file = assessment.targetFiles[disk.targetPath];
  const named = target.domains.find(
    ({disks, uuid}) => uuid !== move.uuid && disks.some(({path}) => path === disk.targetPath),
  );
  const user = named?.name ?? (file && otherUser(disk.targetPath, target, move.uuid));
  if (user !== undefined) {
    block(
      'DISK_EXISTS',
      `${disk.targetPath} on ${move.to} is in use by ${user}`,
      `Map to another pool in dr.yaml, or move ${user} out of the way`,
    );
  } else if (file?.unread !== undefined) {
    // Of a pool that is off that is said already.
    if (!pool || pool.active) block('DISK_EXISTS', ...placeUnread(disk.targetPath, move.to, file.unread));
  } else if (file && !isOwn(disk.targetPath, target, move.uuid)) {
    const replace = move.keptDisks === 'replace';
    const domain = source.domains.find(({uuid}) => uuid === move.uuid);
    if (domain && hasLeft(domain) && file.note?.kind === 'incoming' && file.note.uuid === move.uuid) {
      const {message, hint} = perhapsNewer(move);
      block('DISK_EXISTS', message, hint);
    } else findings.push(inTheWay(at, {disk, note: file.note, uuid: move.uuid, replace, pool: from?.name}));
  }
  return findings;
}

function inTheWay(
  at: {host: string; domain: string},
  {
    disk,
    note,
    uuid,
    replace,
    pool,
  }: {
    disk: DiskMove;
    note: {kind: string; uuid: string} | undefined;
    uuid: string;
    replace: boolean;
    pool: string | undefined;
  },
): Finding {
  const ours = note?.uuid === uuid;
  if (ours && note.kind === 'incoming') {
    const message = `${disk.targetPath} is what an earlier run of dr had begun to copy`;
    return {severity: 'notes', code: 'INCOMING_LEFTOVER', ...at, message, remedy: 'Nothing to do: it is made anew'};
  }
  if (ours && note.kind === 'kept') {
    const message = `${at.host} kept ${disk.targetPath} when ${at.domain} moved away from it`;
    if (replace)
      return {severity: 'notes', code: 'KEPT_DISK', ...at, message, remedy: 'Nothing to do: it is replaced, as asked'};
    const remedy = `Delete it (dr clean ${at.host}), or have it replaced: --replace-kept`;
    return {severity: 'blocks', code: 'KEPT_DISK', ...at, message, remedy};
  }
  const message = `${disk.targetPath} exists on ${at.host}, and dr did not put it there`;
  const shared =
    pool === undefined
      ? ''
      : `; if it is the same file, say in dr.yaml that both share the pool: sharedPools: [${pool}]`;
  return {
    severity: 'blocks',
    code: 'DISK_EXISTS',
    ...at,
    message,
    remedy: `See what it is, and move it away on ${at.host}${shared}`,
  };
}
