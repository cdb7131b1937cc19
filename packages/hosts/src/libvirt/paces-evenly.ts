import type {CallOptions} from '../host.ts';
import type {LibvirtLink} from './libvirt-link.ts';

/** 9.10.0 as libvirt counts. */
const coarseSince = 9_010_000n;

/**
 * Whether what is copied from a host can be bounded from moment to moment. Newer libvirt connects a copy without the layer
 * below which a throttle is put, and a copy's own speed holds only on average.
 */
export async function pacesEvenly(link: LibvirtLink, options: CallOptions): Promise<boolean> {
  const {libVer} = await link.call('CONNECT_GET_LIB_VERSION', {}, options);
  return libVer < coarseSince;
}
