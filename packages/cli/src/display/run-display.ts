import type {LiveEvent, RunEvent} from '@dr-toolkit/engine';

import type {RunView} from '../run-view.ts';
import type {Terminal} from '../terminal.ts';
import {eventLines} from './event-lines.ts';
import {liveList} from './live-list.ts';
import {plainLines} from './plain-lines.ts';

/** Shows a run while it goes on. The view has taken an event in before the display hears of it. */
export interface RunDisplay {
  event(event: RunEvent | LiveEvent, row: string | undefined): void;
  /** A remark of dr itself, in between. */
  remark(text: string): void;
  /** Leaves the terminal as it was. */
  end(): Promise<void>;
}

/** The display that suits the terminal: JSON lines, a live list, or plain lines. */
export function runDisplay(view: RunView, terminal: Terminal): RunDisplay {
  if (terminal.json) return eventLines(terminal);
  return terminal.isLive ? liveList(view, terminal) : plainLines(view, terminal);
}
