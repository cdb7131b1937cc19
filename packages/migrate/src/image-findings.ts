import type {DiskReading, DomainReading} from '@dr-toolkit/hosts';

import {collected} from './collected-findings.ts';
import {copiedDisks} from './domain-move.ts';
import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';

/** What disk images hold that a copy would lose, or that the target could not read. */
export function imageFindings(examined: Examined, domain: DomainReading): Finding[] {
  return domain.disks.flatMap(disk => [
    ...encryptionFindings(examined, domain, disk),
    ...headerFindings(examined, domain, disk),
  ]);
}

/** In a live move the target's QEMU would have to open an empty file as an encrypted one, which it refuses. */
function encryptionFindings(examined: Examined, {name}: DomainReading, {target, secret}: DiskReading): Finding[] {
  const {move} = examined;
  if (secret === undefined) return [];
  return collected(examined, add => {
    const isCopied = copiedDisks(move).some(disk => disk.target === target);
    if (isCopied && move.how === 'live') {
      add(
        'blocks',
        'DISK_ENCRYPTED',
        `${target} of ${name} is encrypted, and libvirt cannot copy such a disk while ${name} runs`,
        `Shut ${name} down and move it with --mode offline`,
      );
    } else if (move.how === 'live' || move.how === 'offline') {
      add(
        'warns',
        'DISK_ENCRYPTED',
        `${target} of ${name} is encrypted: without its secret${secret && ` ${secret}`}, which is not moved, ${name} does not start on ${move.to}`,
        `See that ${move.to} has it: virsh secret-list`,
        move.to,
      );
    }
  });
}

function headerFindings(
  examined: Examined,
  {name, snapshots}: DomainReading,
  {target, path = ''}: DiskReading,
): Finding[] {
  const {move, assessment} = examined;
  const header = assessment.headers[path];
  if (!header) return [];
  return collected(examined, add => {
    if ('unread' in header) {
      add(
        'warns',
        'IMAGE_UNREAD',
        `What ${path} of ${name} holds inside cannot be told: ${header.unread}`,
        `See what is wrong with it on ${move.from}, or that it holds no snapshots: qemu-img info -U ${path}`,
      );
      return;
    }
    if (header.data === 'apart') {
      add(
        'blocks',
        'DISK_UNSUPPORTED',
        `${target} of ${name} keeps its data in another file than ${path}, and dr copies single files`,
        `Make it one file while ${name} is shut off: qemu-img convert -O qcow2`,
      );
    }
    // Of those that libvirt knows of it is said already.
    if (header.snapshots > 0 && snapshots.length === 0 && move.how === 'live') {
      const deleted = move.sourceDisks === 'delete';
      const fate = deleted ? 'it would delete them' : 'they stay in the file on the source';
      const other = deleted ? ', or move it without --delete-source' : '';
      add(
        deleted ? 'blocks' : 'warns',
        'SNAPSHOTS',
        `${path} of ${name} holds snapshots inside (${header.snapshots}), which a live move does not carry: ${fate}`,
        `To take them along, shut ${name} down and move it with --mode offline${other}; to see them: qemu-img snapshot -U -l ${path}`,
      );
    }
  });
}
