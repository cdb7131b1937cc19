import {fileUsers, type HostReading} from '@dr-toolkit/hosts';

/** Who on a host needs a file that lies there, beside the domain `uuid` itself: also what lies on top of it. */
export function otherUser(
  path: string,
  {domains, pools}: Pick<HostReading, 'domains' | 'pools'>,
  uuid: string,
): string | undefined {
  return fileUsers({domains: domains.filter(other => other.uuid !== uuid), pools}).get(path);
}

/** Whether a host has the domain `uuid` itself, with that file. Then the domain is in the way of a move, and is told of. */
export function isOwn(path: string, {domains}: Pick<HostReading, 'domains'>, uuid: string): boolean {
  return fileUsers({domains: domains.filter(own => own.uuid === uuid), pools: []}).has(path);
}
