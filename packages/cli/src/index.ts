/** The `dr` command: words and options, what is shown, exit codes. */
export {exitCodeOf, exitCodes, type ExitCode} from './exit-code.ts';
export {main} from './main.ts';
export {type RowState, type RowView, RunView, type RunViewOptions} from './run-view.ts';
