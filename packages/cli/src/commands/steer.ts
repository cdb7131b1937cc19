import {answerStep, laneLimits, openStore, retryStep, setLane, showRun, type Store} from '@dr-toolkit/engine';
import {lanePlaces} from '@dr-toolkit/estate';

import {CliError} from '../cli-error.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {type GlobalOptions, openEstate} from '../open-estate.ts';
import {storeFile} from '../run-places.ts';
import {tableText} from '../table.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {laneText} from '../waits-text.ts';

/** `dr answer RUN STEP VALUE` */
export async function answer(
  [wanted, step, value]: readonly [string, string, string],
  _options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return withStore(terminal, async store => {
    const run = await findRun(store, wanted);
    await answerStep(store, run, step, value);
    terminal.event({type: 'answered', run, step, value});
    return next(store, run, terminal);
  });
}

/** `dr retry RUN STEP` */
export async function retry(
  [wanted, step]: readonly [string, string],
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return withStore(terminal, async store => {
    const run = await findRun(store, wanted);
    await confirmed(terminal, `Try ${step} of ${run} again?`, options);
    await retryStep(store, run, step);
    terminal.event({type: 'retried', run, step});
    return next(store, run, terminal);
  });
}

/**
 * `dr lanes [RUN] [LANE=PLACES...]`: shows limits, or changes them. A lane is shared by all runs, so a change holds for
 * all of them: with a run until that one ends, without one until it is changed again.
 */
export async function lanes(words: readonly string[], options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const wishes = words.filter(word => word.includes('=')).map(wishOf);
  const named = words.filter(word => !word.includes('='));
  if (named.length > 1) {
    throw new CliError('USAGE', `One run at most: ${named.join(', ')}`, {hint: 'Write limits so: host:newhost/disk=1'});
  }
  const {estate} = await openEstate(terminal, options);
  const declared = lanePlaces(estate);
  return withStore(terminal, async store => {
    const [wanted] = named;
    const run = wanted === undefined ? undefined : await showRun(store, await findRun(store, wanted));
    const ofRun = run?.plan.steps.flatMap(step => step.lanes.map(({lane}) => lane)) ?? [];
    const known = new Set([...(run ? ofRun : Object.keys(declared)), ...(run ? [] : ofRun)]);
    for (const {lane} of wishes) {
      if (known.has(lane) || lane in declared) continue;
      throw new CliError('USAGE', `There is no lane ${lane}${run ? ` in run ${run.run}` : ''}`, {
        hint: `There are: ${[...known].toSorted().join(', ')}`,
      });
    }
    if (wishes.length > 0) {
      const what = wishes.map(({lane, places}) => `${laneText(lane)}: ${places ?? 'as dr.yaml says'}`).join(', ');
      const until = run === undefined ? 'until they are changed again' : `until ${run.run} ends`;
      await confirmed(terminal, `Change places ${until}, for all runs of this user (${what})?`, options);
      for (const wish of wishes) await setLane(store, wish, {forRun: run?.run});
    }
    const set = await limitsOf(store);
    const rows = [...new Set([...known, ...set.keys()])].toSorted().map(lane => {
      const {places, from} = set.get(lane) ?? {
        places: declared[lane] ?? 2,
        from: lane in declared ? 'dr.yaml' : 'default',
      };
      terminal.event({type: 'lane', lane, places, from});
      return [lane, String(places), from];
    });
    terminal.say(tableText([{title: 'LANE'}, {title: 'PLACES', align: 'right'}, {title: 'BY'}], rows));
    return exitCodes.done;
  });
}

interface Wish {
  readonly lane: string;
  /** Undefined: what dr.yaml says. */
  readonly places: number | undefined;
}

function wishOf(word: string): Wish {
  const [, lane, text] = /^([^=]+)=(\d{1,4}|default)$/u.exec(word) ?? [];
  const places = text === undefined || text === 'default' ? undefined : Number(text);
  if (lane !== undefined && places !== 0) return {lane, places};
  throw new CliError('USAGE', `${word} is not LANE=PLACES`, {
    hint: 'Write it so: host:newhost/disk=1, or host:newhost/disk=default to go back to dr.yaml',
  });
}

interface SetLimit {
  readonly places: number;
  /** Who has set it. */
  readonly from: string;
}

async function limitsOf(store: Store): Promise<Map<string, SetLimit>> {
  const set = await laneLimits(store);
  return new Map(
    Array.from(set, ([lane, {places, run, why}]) => {
      if (run !== undefined) return [lane, {places, from: `dr lanes, until ${run} ends`}];
      return [lane, {places, from: why === undefined ? 'dr lanes' : `auto: ${why}`}];
    }),
  );
}

/** A run that nobody drives takes the wish up when it is resumed. */
async function next(store: Store, run: string, terminal: Terminal): Promise<ExitCode> {
  const {state} = await showRun(store, run);
  terminal.note(
    state === 'running' ? `Told it to. See it go on: dr show ${run} --follow` : `To go on: dr resume ${run}`,
  );
  return exitCodes.done;
}

async function withStore(terminal: Terminal, act: (store: Store) => Promise<ExitCode>): Promise<ExitCode> {
  const store = openStore(storeFile(terminal.env));
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}
