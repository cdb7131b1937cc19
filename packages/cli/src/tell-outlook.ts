import type {Terminal} from './terminal.ts';

/** Tells what a command would do, where --dry-run asks for that instead: text for people, or one event. */
export function tellOutlook(
  terminal: Terminal,
  command: string,
  {text, ...facts}: {readonly text: string; readonly [fact: string]: unknown},
): void {
  terminal.event({type: 'outlook', command, ...facts});
  terminal.say(text);
}
