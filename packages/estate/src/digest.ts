import {createHash} from 'node:crypto';

import type {Inventory} from '@dr-toolkit/hosts';

import type {Estate} from './estate.ts';

/** Names this content of dr.yaml, comments and layout aside: `sha256:` and 64 hex digits. */
export function estateDigest(estate: Estate): string {
  return digest(estate);
}

/** Names these readings: two of unchanged hosts have the same. `sha256:` and 64 hex digits. */
export function inventoryDigest(inventory: Inventory): string {
  return digest(inventory);
}

function digest(value: unknown): string {
  const canonical = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return `sha256:${createHash('sha256').update(canonical).digest('hex')}`;
}
