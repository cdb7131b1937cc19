import {listRuns, type Store} from '@dr-toolkit/engine';
import {didYouMean} from '@dr-toolkit/estate';

import {CliError} from './cli-error.ts';

/**
 * The id of a run, by its name, by the beginning of it when only one begins so, or `last` for the newest.
 * @throws {CliError} `USAGE`
 */
export async function findRun(store: Store, wanted: string): Promise<string> {
  const runs = (await listRuns(store)).map(({run}) => run);
  const [newest] = runs;
  if (wanted === 'last' && newest !== undefined) return newest;
  // Every name begins with nothing: a variable that is empty by mistake is to name no run.
  const found = runs.includes(wanted) ? [wanted] : runs.filter(run => wanted !== '' && run.startsWith(wanted));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1) {
    throw new CliError('USAGE', `${found.length} runs begin with ${wanted}`, {
      hint: `One of: ${found.slice(0, 8).join(', ')}`,
    });
  }
  throw new CliError('USAGE', `There is no run ${wanted === '' ? "''" : wanted}`, {
    hint: didYouMean(wanted, runs, {what: 'run'}),
  });
}
