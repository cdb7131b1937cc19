import type {RunEvent} from '@dr-toolkit/engine';

import {rateText} from './amounts.ts';
import {laneText} from './waits-text.ts';

/** A lane that was narrowed, widened or slowed, in words: `the disk of alder: 3 -> 1, guests wait 42 ms for their disks`. */
export function limitText(event: RunEvent & {readonly type: 'lane-limit'}): string {
  const {lane, places, was, bytesPerSecond, why} = event;
  const change = was === undefined || was === places ? `${places} at once` : `${was} -> ${places}`;
  const speed = bytesPerSecond === undefined ? '' : `, ${rateText(bytesPerSecond)} together`;
  return `${laneText(lane)}: ${change}${speed}${why === undefined ? '' : `, ${why}`}`;
}
