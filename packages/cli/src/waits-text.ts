import type {Wait} from '@dr-toolkit/engine';
import {estateLane} from '@dr-toolkit/estate';

import {clockText} from './amounts.ts';

/** Why a step waits for lanes, in words, the first of them being enough: `the disk of sunjammer (held by aslo-db, wiki)`. */
export function waitsText(full: ReadonlyArray<{readonly lane: string; readonly holders: readonly string[]}>): string {
  const [first] = full;
  if (!first) return '';
  const holders = [...new Set(first.holders)];
  const shown =
    holders.length > 3 ? `${holders.slice(0, 3).join(', ')} and ${holders.length - 3} more` : holders.join(', ');
  return `for ${laneText(first.lane)} (held by ${shown})`;
}

/** What a step waits for that has not begun, in words; the first of it is enough. */
export function waitText([first]: readonly Wait[]): string {
  if (!first) return '';
  if (first.for === 'step') return `after ${first.step}`;
  if (first.for === 'time') return `is tried again at ${clockText(first.untilMs)}`;
  return `waits for ${laneText(first.lane)}`;
}

/** A lane in words. */
export function laneText(lane: string): string {
  const [, host, resource] = /^host:(.+)\/([\w-]+)$/u.exec(lane) ?? [];
  if (resource === 'disk') return `the disk of ${host}`;
  if (resource === 'migrations-out') return `a place among those that leave ${host}`;
  if (resource === 'migrations-in') return `a place among those that go to ${host}`;
  if (resource === 'preparations') return `a place among those that ${host} is made ready for`;
  const [, owner, pool] = /^pool:([^/]+)\/(.+)$/u.exec(lane) ?? [];
  if (pool !== undefined) return `pool ${pool} of ${owner}`;
  if (lane === estateLane) return 'a place among all that are under way';
  const link = /^link:(.+)$/u.exec(lane)?.[1];
  return link === undefined ? lane : `the link ${link}`;
}
