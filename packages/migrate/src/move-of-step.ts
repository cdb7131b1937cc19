import type {Step} from '@dr-toolkit/engine';

import type {DomainMove} from './domain-move.ts';

/** The move that a step of a migration belongs to; undefined for a step that moves nothing. */
export function moveOfStep({args}: {readonly args: Step['args'] | undefined}): DomainMove | undefined {
  return isDomainMove(args) ? args : undefined;
}

const texts = ['domain', 'uuid', 'from', 'to', 'how', 'targetUri'];

/** By what every move has: a plan from a file has been found to be as it was made. */
function isDomainMove(value: unknown): value is DomainMove {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return texts.every(field => typeof fields.get(field) === 'string') && Array.isArray(fields.get('disks'));
}
