import type {RunEvent} from '@dr-toolkit/engine';

import {rateText} from './amounts.ts';
import {laneText} from './waits-text.ts';

/** A lane that was narrowed, widened or slowed, in words: `the disk of alder: 3 -> 1, guests wait 42 ms for their disks`. */
export function limitText(event: RunEvent & {readonly type: 'lane-limit'}): string {
  const {lane, places, was, bytesPerSecond, why, run} = event;
  const change = was === undefined || was === places ? `${places} at once` : `${was} -> ${places}`;
  const speed = bytesPerSecond === undefined ? '' : `, ${rateText(bytesPerSecond)} together`;
  const until = run === undefined ? '' : `, until ${run} ends`;
  return `${laneText(lane)}: ${change}${speed}${why === undefined ? '' : `, ${why}`}${until}`;
}

/** A run whose controller died with places held, and what to do: only resuming it can tell what it left. */
export function lostText({run, lanes}: RunEvent & {readonly type: 'holder-lost'}): string {
  return `${lanes.map(laneText).join(', ')}: held by ${run}, whose controller has died; dr resume ${run} gives it back`;
}
