import {shellWord} from '@dr-toolkit/estate';

import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';
import {isOwn, otherUser} from './other-user.ts';
import {placeUnread} from './place-unread.ts';

/** What stands in the way of a domain's NVRAM. A live move too would have the hypervisor write over what lies there. */
export function nvramFindings({move, target, assessment}: Examined): Finding[] {
  const {nvramPath: path, uuid, from, to: host, domain} = move;
  const file = path === undefined ? undefined : assessment.targetFiles[path];
  if (path === undefined || !file || isOwn(path, target, uuid)) return [];
  const common = {severity: 'blocks', code: 'DISK_EXISTS', host, domain} as const;
  if (file.unread !== undefined) {
    const [message, remedy] = placeUnread(path, host, file.unread);
    return [{...common, message, remedy}];
  }
  const user = otherUser(path, target, uuid);
  if (user === undefined && file.note?.uuid === uuid) return [];
  const message =
    user === undefined
      ? `${path} exists on ${host}, and is not the NVRAM that dr put there for ${domain}`
      : `${path}, where the NVRAM of ${domain} goes, is in use by ${user} on ${host}`;
  const remedy =
    user === undefined
      ? `See whose it is. Where ${from} and ${host} share its folder it is that of ${domain} itself: leave it, and give ${domain} its NVRAM in a folder that they do not share (virsh edit ${shellWord(domain)}); else move it away on ${host}`
      : `See on ${host} whether ${user} needs it, and give one of the two another (virsh edit)`;
  return [{...common, message, remedy}];
}
