import type {Attempt} from './attempt.ts';
import type {Dispatch, DispatchParts, EndedAttempt} from './dispatch.ts';

/**
 * Attempts performed by the controller's own process. They live and die with it: nothing is put down in the store, and a
 * resumed run finds none of them still going.
 */
export function localDispatch({perform, onEnd}: DispatchParts): Dispatch {
  const underway = new Map<number, AbortController>();
  let ends: EndedAttempt[] = [];
  let closed = false;
  const see = async (attempt: Attempt, signal: AbortSignal) => {
    const outcome = await perform(attempt, signal);
    if (closed) return;
    const end = {step: attempt.step.id, token: attempt.token};
    ends.push({...end, outcome});
    onEnd(end);
  };
  return {
    put: () => Promise.resolve(),
    begin(attempts) {
      for (const attempt of attempts) {
        if (underway.has(attempt.token)) continue;
        const abort = new AbortController();
        underway.set(attempt.token, abort);
        void see(attempt, abort.signal);
      }
    },
    ended: () => Promise.resolve([...ends]),
    taken(told) {
      const tokens = new Set(told.map(({token}) => token));
      ends = ends.filter(({token}) => !tokens.has(token));
      for (const token of tokens) underway.delete(token);
    },
    adopt: (_t, tokens) => Promise.resolve(new Set(tokens.filter(token => underway.has(token)))),
    cancel() {
      for (const abort of underway.values()) abort.abort(new DOMException('The run was aborted', 'AbortError'));
    },
    get quiet() {
      return ends.length >= underway.size;
    },
    close() {
      closed = true;
    },
  };
}
