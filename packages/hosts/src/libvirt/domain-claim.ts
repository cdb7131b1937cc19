import {LibvirtError} from '@dr-toolkit/libvirt';

import {type Claim, claimNamespace, claimPrefix, claimXml, parsedClaim} from '../claim.ts';
import {HostError} from '../host-error.ts';
import type {CallOptions} from '../host.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import type {DomainRef} from './read-domain.ts';

const elementType = 2;
const affect = {live: 1, config: 2};

/** Answers also while a job goes on: reading metadata takes no part in libvirt's job lock. */
export async function readClaim(link: LibvirtLink, dom: DomainRef, options: CallOptions): Promise<Claim | undefined> {
  try {
    const {metadata} = await link.call(
      'DOMAIN_GET_METADATA',
      {dom, type: elementType, uri: claimNamespace, flags: 0},
      options,
    );
    return parsedClaim(metadata);
  } catch (error) {
    if (isWithoutMetadata(error)) return undefined;
    throw error;
  }
}

/**
 * Sets it in the running domain and in its definition, or removes it with `undefined`. While a migration goes on, libvirt
 * lets nobody in: the call waits half a minute for the job, and fails as `BUSY`.
 */
export async function setClaim(
  link: LibvirtLink,
  dom: DomainRef,
  claim: Claim | undefined,
  options: CallOptions,
): Promise<void> {
  const [{active}, {persistent}] = await Promise.all([
    link.call('DOMAIN_IS_ACTIVE', {dom}, options),
    link.call('DOMAIN_IS_PERSISTENT', {dom}, options),
  ]);
  const flags = (active === 1 ? affect.live : 0) | (persistent === 1 ? affect.config : 0);
  const metadata = claim ? claimXml(claim) : null;
  const key = claim ? claimPrefix : null;
  try {
    await link.call(
      'DOMAIN_SET_METADATA',
      {dom, type: elementType, metadata, key, uri: claimNamespace, flags},
      options,
    );
  } catch (error) {
    if (!claim && isWithoutMetadata(error)) return;
    throw error;
  }
}

function isWithoutMetadata(error: unknown): boolean {
  if (!(error instanceof HostError) || !(error.cause instanceof LibvirtError)) return false;
  return error.cause.code === 'NO_DOMAIN_METADATA';
}
