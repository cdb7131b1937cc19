import {statfsSync} from 'node:fs';

import {RunError} from './engine-error.ts';

// `f_type` of statfs(2), as linux/magic.h has them.
const networkTypes = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x6b414653, 'AFS'],
]);

/**
 * Refuses a folder on a network file system: SQLite's WAL shares memory between processes, and locks there may lie.
 * @throws {RunError} `STORE_ON_NETWORK`
 */
export function refuseNetworkPlace(folder: string, typeOf: (folder: string) => number = fileSystemType): void {
  const name = networkTypes.get(typeOf(folder) >>> 0);
  if (name === undefined) return;
  throw new RunError(
    'STORE_ON_NETWORK',
    `${folder} is on ${name}: locks and shared memory of a store cannot be trusted there`,
    {
      hint: 'Keep the store on a local disk: --store FILE or DR_STORE',
    },
  );
}

function fileSystemType(folder: string): number {
  return statfsSync(folder).type;
}
