import type {LibvirtLink} from './libvirt-link.ts';

/**
 * Resolves once a domain has begun to run on the target of its move: the target's daemon tells, before the source has
 * tidied up. Resolves with `unheard` when the signal aborts first or the daemon does not tell, for the move's own end
 * tells in any case.
 */
export async function arrival(
  target: LibvirtLink,
  uuid: string,
  {signal}: {readonly signal: AbortSignal},
): Promise<'arrived' | 'unheard'> {
  try {
    for await (const event of target.connection.events('lifecycle', {signal})) {
      if (event.kind !== 'lifecycle' || event.domain.uuid !== uuid) continue;
      if (event.event === 'resumed' && event.detail === 'migrated') return 'arrived';
    }
  } catch {
    // Lost on the way or stopped: neither says anything of the move.
  }
  return 'unheard';
}
