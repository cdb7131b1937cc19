import {LabError} from './lab-error.ts';

/**
 * An error as it is, or `NO_ROOM` where it says that a disk is full, in the words of Node, of a program or of libvirt.
 * `variable` names another place for what lies in `path`.
 */
export function toldAsNoRoom(error: unknown, {path, variable}: {path: string; variable: string}): unknown {
  if (error instanceof LabError && error.code === 'NO_ROOM') return error;
  const why = error instanceof Error ? error.message : String(error);
  if (!/no space left on device|disk quota exceeded|\b(?:ENOSPC|EDQUOT)\b/iu.test(why)) return error;
  return new LabError('NO_ROOM', `There is no room in ${path}: ${why}`, {
    hint: `Make room there (see df ${path}), or choose another place with ${variable}.`,
    cause: error,
  });
}
