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

/**
 * A run that nobody drives and that holds places, and what to do: of one whose controller died only resuming it can tell
 * what it left; one that has ended holds them for what it asks.
 */
export function lostText({run, lanes, state}: RunEvent & {readonly type: 'holder-lost'}): string {
  const held = `${lanes.map(laneText).join(', ')}: held by ${run}`;
  return state === undefined
    ? `${held}, whose controller has died; dr resume ${run} gives it back`
    : `${held}, which is ${state} and asks what became of a step; see dr show ${run}`;
}
