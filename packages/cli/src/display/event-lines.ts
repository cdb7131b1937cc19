import type {Terminal} from '../terminal.ts';
import type {RunDisplay} from './run-display.ts';

/** One event of the engine a line, as JSON, on stdout. */
export function eventLines(terminal: Pick<Terminal, 'event' | 'note'>): RunDisplay {
  return {
    event: event => terminal.event(event),
    remark: text => terminal.note(text),
    end: () => Promise.resolve(),
  };
}
