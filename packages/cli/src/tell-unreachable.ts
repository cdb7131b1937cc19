import type {UnreachableHost} from '@dr-toolkit/hosts';

import type {Terminal} from './terminal.ts';

/** Tells of hosts that did not answer: an event for each, and for people why, with the next step. */
export function tellUnreachable(hosts: readonly UnreachableHost[], terminal: Terminal): void {
  for (const host of hosts) {
    terminal.event(unreachableEvent(host));
    terminal.note(`${terminal.paint('red', host.message, 'stderr')}\n    ${host.hint}`);
  }
}

export function unreachableEvent({name, code, message, hint}: UnreachableHost): object {
  return {type: 'unreachable', host: name, code, message, hint};
}
