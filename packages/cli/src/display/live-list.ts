import {Listr, ListrLogger, ProcessOutput} from 'listr2';

import type {RunView} from '../run-view.ts';
import type {Terminal} from '../terminal.ts';
import {listText} from './list-text.ts';
import type {RunDisplay} from './run-display.ts';

/** A list that is drawn anew as the run goes on, on stderr. */
export function liveList(view: RunView, terminal: Terminal): RunDisplay {
  const {promise: over, resolve: finish} = Promise.withResolvers<void>();
  let redraw: (() => void) | undefined;
  const text = () =>
    listText(view, {
      rowsMax: Math.min(30, terminal.rows - 4),
      columns: terminal.columns,
      paint: (style, part) => terminal.paint(style, part, 'stderr'),
    });
  const listr = new Listr(
    [
      {
        title: text(),
        task: async (_context, task) => {
          redraw = () => {
            task.title = text();
          };
          await over;
          redraw();
          if (view.status !== 'done') throw new Error(view.status); // for its mark only
        },
      },
    ],
    {
      exitOnError: false,
      registerSignalListeners: false, // Ctrl-C is the run's affair
      renderer: 'default',
      fallbackRendererCondition: false,
      rendererOptions: {
        formatOutput: 'truncate',
        showErrorMessage: false,
        collapseErrors: false,
        logger: new ListrLogger({
          useIcons: true,
          processOutput: new ProcessOutput(process.stderr, process.stderr, {leaveEmptyLine: false}),
        }),
      },
    },
  );
  const drawn = listr.run();
  return {
    event: () => redraw?.(),
    remark: remark => terminal.note(remark), // shown when the list has ended; its headline tells the same meanwhile
    async end() {
      finish();
      await drawn;
    },
  };
}
