import test from 'ava';
import {withConsole} from '../src/guest-status.ts';
import {LabError} from '../src/lab-error.ts';

const silent = new LabError('GUEST_FAILED', 'wiki does not answer on http://10.78.1.105/status', {
  hint: 'See its console.',
});

test('a guest that does not come up is told with the last words of its console, as its host goes too', t => {
  const error = withConsole(silent, 'Booting\r\n\r\nKernel panic - not syncing: VFS\r\nRebooting in 1 seconds..\r\n');
  t.is(
    error instanceof LabError ? error.message : '',
    `${silent.message}; its console ends: Booting / Kernel panic - not syncing: VFS / Rebooting in 1 seconds..`,
  );
  t.false(error instanceof LabError && error.hint.includes('console'), 'nobody is sent to a file that is gone');
});

test('a guest that never said a word is told as silent, and what else fails as it is', t => {
  const error = withConsole(silent, '\r\n');
  t.is(error instanceof LabError ? error.message : '', `${silent.message}; its console is silent`);
  const other = new Error('told to stop');
  t.is(withConsole(other, 'Booting'), other);
});
