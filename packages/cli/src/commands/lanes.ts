import {laneLimits, type LaneLimit, lanesAfter, type LaneWish, setLane, showRun} from '@dr-toolkit/engine';
import {didYouMean, type Estate, lanePlaces, missingPools} from '@dr-toolkit/estate';
import {readInventory} from '@dr-toolkit/hosts';

import {CliError} from '../cli-error.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {lanesOfPlan} from '../lanes-of-plan.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {tableText} from '../table.ts';
import {tellOutlook} from '../tell-outlook.ts';
import {unreachableEvent} from '../tell-unreachable.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {withRuns, withStore, withStoreToRead} from '../user-store.ts';
import {laneText} from '../waits-text.ts';

export type LanesCommand = GlobalOptions & {readonly dryRun?: boolean | undefined};

/**
 * `dr lanes [RUN] [LANE=PLACES...]`: shows limits, or changes them. A lane is shared by all runs, so a change holds for
 * all of them: with a run until that one ends, without one until it is changed again.
 */
export async function lanes(words: readonly string[], options: LanesCommand, terminal: Terminal): Promise<ExitCode> {
  const wishes = words.filter(word => word.includes('=')).map(wishOf);
  const [wanted, ...more] = words.filter(word => !word.includes('='));
  if (more.length > 0) {
    throw new CliError('USAGE', `One run at most: ${[wanted, ...more].join(', ')}`, {
      hint: 'Write limits so: host:newhost/disk=1',
    });
  }
  const {estate} = await openEstate(terminal, options);
  const declared = lanePlaces(estate);
  const run =
    wanted === undefined
      ? undefined
      : await withRuns(terminal, 'read', async store => showRun(store, await findRun(store, wanted)));
  const ofRun = run?.plan.steps.flatMap(step => step.lanes.map(({lane}) => lane));
  const known = [...new Set(ofRun ?? Object.keys(declared))];
  for (const {lane} of wishes) {
    if (known.includes(lane) || lane in declared) continue;
    throw new CliError('USAGE', `There is no lane ${lane}${run ? ` in run ${run.run}` : ''}`, {
      hint: didYouMean(lane, known.toSorted(), {what: 'lane'}),
    });
  }
  const after = await withStoreToRead(terminal, async store =>
    store ? lanesAfter(store, wishes, {forRun: run?.run}) : limitsOf(wishes),
  );
  const planned = run === undefined ? declared : lanesOfPlan(run.plan, estate).lanes;
  const rowsOf = (limits: typeof after) => laneRows([...known, ...limits.keys()], limits, {declared, planned});
  const until = run === undefined ? 'until they are changed again' : `until ${run.run} ends`;
  const what = `places ${until}, for all runs of this user (${wishesText(wishes)})`;
  if (options.dryRun && wishes.length > 0) {
    const rows = rowsOf(after);
    tellOutlook(terminal, 'lanes', {run: run?.run, lanes: rows, text: `Would change ${what}:\n\n${lanesText(rows)}`});
    return exitCodes.done;
  }
  if (wishes.length > 0) {
    await confirmed(terminal, `Change ${what}?`, options);
    await withStore(terminal, async store => {
      for (const wish of wishes) await setLane(store, wish, {forRun: run?.run});
    });
  }
  const limits = await withStoreToRead(terminal, async store => (store ? laneLimits(store) : after));
  // A change is made at once, also when hosts suffer; who only looks can wait for their answers.
  const remarks = run === undefined && wishes.length === 0 ? await poolRemarks(estate, terminal) : new Map();
  const rows = rowsOf(limits).map(row => Object.assign(row, remarks.has(row.lane) && {remark: remarks.get(row.lane)}));
  for (const row of rows) terminal.event({type: 'lane', ...row});
  terminal.say(lanesText(rows));
  return exitCodes.done;
}

interface LaneRow {
  readonly lane: string;
  readonly places: number;
  /** Who has set it. */
  readonly from: string;
  /** What is wrong with it. */
  readonly remark?: string;
}

/** Of lanes that dr.yaml gives to pools which are not there. Asks only hosts that dr.yaml names pools of. */
async function poolRemarks(estate: Estate, terminal: Terminal): Promise<ReadonlyMap<string, string>> {
  const asked = estate.hosts.filter(({lanes: {pools}}) => pools !== undefined);
  await using opened = openedHosts(asked);
  const {hosts, unreachable} = await readInventory(opened.hosts.values(), {signal: terminal.interrupts.stop});
  for (const host of unreachable) {
    terminal.event(unreachableEvent(host));
    terminal.note(`Whether ${host.name} has the pools that dr.yaml names cannot be told: ${host.message}`);
  }
  return new Map(
    missingPools(estate, hosts).map(({lane, host, name, hint}) => [lane, `${host} has no pool ${name}. ${hint}`]),
  );
}

function laneRows(
  names: readonly string[],
  limits: ReadonlyMap<string, LaneLimit>,
  {declared, planned}: Readonly<Record<'declared' | 'planned', Readonly<Record<string, number>>>>,
): LaneRow[] {
  return [...new Set(names)].toSorted().map(lane => {
    const {places, run, why} = limits.get(lane) ?? {};
    if (places === undefined) {
      const by = lane in declared ? 'dr.yaml' : 'default';
      return {lane, places: planned[lane] ?? 2, from: planned[lane] === declared[lane] ? by : '--parallel'};
    }
    if (run !== undefined) return {lane, places, from: `dr lanes, until ${run} ends`};
    return {lane, places, from: why === undefined ? 'dr lanes' : `auto: ${why}`};
  });
}

function lanesText(rows: readonly LaneRow[]): string {
  const remarks = rows.some(({remark}) => remark !== undefined) ? [{title: 'REMARK'}] : [];
  return tableText(
    [{title: 'LANE'}, {title: 'PLACES', align: 'right'}, {title: 'BY'}, ...remarks],
    rows.map(({lane, places, from, remark}) => [lane, String(places), from, ...remarks.map(() => remark ?? '')]),
  );
}

/** Where nothing was ever set. */
function limitsOf(wishes: readonly LaneWish[]): ReadonlyMap<string, LaneLimit> {
  return new Map(wishes.flatMap(({lane, places}) => (places === undefined ? [] : [[lane, {places}] as const])));
}

function wishesText(wishes: readonly LaneWish[]): string {
  return wishes.map(({lane, places}) => `${laneText(lane)}: ${places ?? 'as dr.yaml says'}`).join(', ');
}

function wishOf(word: string): LaneWish {
  const [, lane, text] = /^([^=]+)=(\d{1,4}|default)$/u.exec(word) ?? [];
  const places = text === undefined || text === 'default' ? undefined : Number(text);
  if (lane !== undefined && places !== 0) return {lane, places};
  throw new CliError('USAGE', `${word} is not LANE=PLACES`, {
    hint: 'Write it so: host:newhost/disk=1, or host:newhost/disk=default to go back to dr.yaml',
  });
}
