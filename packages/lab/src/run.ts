import {delimiter} from 'node:path';
import {execa, ExecaError} from 'execa';
import {LabError} from './lab-error.ts';

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs one program of the machine to its end and resolves to what it printed. It dies with this process, even when that
 * is killed with -9: nothing the lab starts in passing outlives the lab's own commands.
 * @throws {LabError} `COMMAND_FAILED` with the program's last words.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    const {stdout} = await execa('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      stdin: options.input === undefined ? 'ignore' : 'pipe',
      ...(options.input === undefined ? {} : {input: options.input}),
      ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
      ...(options.signal === undefined ? {} : {cancelSignal: options.signal}),
      env: {LC_ALL: 'C', PATH: programFolders().join(delimiter), ...options.env},
    });
    return stdout;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    const said = (error.stderr || error.stdout || error.shortMessage).trim();
    const lastWords = said.split('\n').slice(-3).join(' / ');
    throw new LabError('COMMAND_FAILED', `${program} ${args.join(' ')}: ${lastWords}`, {
      hint: `Run it by hand to see more: ${program} ${args.join(' ')}`,
      cause: error,
    });
  }
}

/** Where programs are looked for. The PATH of a plain user, and of root after `su`, lacks the last two, where half of them lie. */
export function programFolders(): readonly string[] {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
}

/** True when the program ends well, false when it does not. For questions, never for acts. */
export async function asks(program: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  try {
    await run(program, args, options);
    return true;
  } catch (error) {
    if (error instanceof LabError) return false;
    throw error;
  }
}
