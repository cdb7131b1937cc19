import {paramValues} from '@dr-toolkit/libvirt';

import type {Answered, DiskWaits, GuestDiskWait, RequestKind} from '../guest-waits.ts';
import type {CallOptions} from '../host.ts';
import type {LibvirtLink} from './libvirt-link.ts';

const blockStats = 32;
const running = 16;
/** Without those that are busy with a job just now. */
const nowait = 1 << 29;

/** The waits of all running guests, by one call. */
export async function readDiskWaits(link: LibvirtLink, options: CallOptions = {}): Promise<DiskWaits> {
  const {retStats} = await link.call(
    'CONNECT_GET_ALL_DOMAIN_STATS',
    {doms: [], stats: blockStats, flags: running | nowait},
    options,
  );
  return {
    guests: retStats.map(({dom: {name, uuid}, params}) => Object.assign({name, uuid}, waitsIn(paramValues(params)))),
  };
}

function waitsIn(values: ReturnType<typeof paramValues>): Pick<GuestDiskWait, RequestKind> {
  const answered = (kind: 'rd' | 'wr' | 'fl'): Answered => {
    let [requests, waitNs] = [0, 0];
    for (let disk = 0; disk < Number(values['block.count'] ?? 0); disk += 1) {
      requests += Number(values[`block.${disk}.${kind}.reqs`] ?? 0);
      waitNs += Number(values[`block.${disk}.${kind}.times`] ?? 0);
    }
    return {requests, waitMs: waitNs / 1e6};
  };
  return {reads: answered('rd'), writes: answered('wr'), flushes: answered('fl')};
}
