import type {ConnectUri} from '../connect-uri.ts';
import {socketPaths} from './unix.ts';

/**
 * What the remote shell runs to reach the daemon's socket: virt-ssh-helper, which knows where it is, else nc, else socat.
 * It is one line for whatever shell the user has there (a C shell knows no other); every name from outside stands in quotes.
 */
export function remoteCommand(target: ConnectUri, {readOnly}: {readonly readOnly: boolean}): string {
  const {name, netcat, socket, proxy} = target;
  // virt-ssh-helper cannot be told a socket, and netcat does not know where a session's socket is.
  const useHelper = proxy === 'native' || (proxy === 'auto' && socket === undefined && netcat === undefined);
  const useNetcat = proxy === 'netcat' || (proxy === 'auto' && !target.session);
  const helper = `virt-ssh-helper ${readOnly ? '-r ' : ''}${quoted(name)}`;
  const script = [
    useHelper &&
      (useNetcat ? `if command -v virt-ssh-helper >/dev/null 2>&1; then exec ${helper}; fi` : `exec ${helper}`),
    useNetcat && findSocket(target, readOnly),
    useNetcat && (netcat === undefined ? anyNetcat : `exec ${quoted(netcat)} -U "$s"`),
  ];
  return `sh -c ${quoted(script.filter(Boolean).join('; '))}`;
}

function findSocket(target: ConnectUri, readOnly: boolean): string {
  if (target.socket !== undefined) {
    return `s=${quoted(target.socket)}`;
  }
  const paths = socketPaths(target, '/run/libvirt', readOnly);
  return `for s in ${paths.map(quoted).join(' ')}; do test -S "$s" && break; done`;
}

/** Debian's nc waits for the other side unless told -q; others do not know -q. */
const anyNetcat = [
  'if command -v nc >/dev/null 2>&1',
  `then if nc -h 2>&1 | grep -q -e '-q '; then exec nc -q 0 -U "$s"; else exec nc -U "$s"; fi`,
  'elif command -v socat >/dev/null 2>&1',
  'then exec socat STDIO "UNIX-CONNECT:$s"',
  "else echo 'virt-ssh-helper, nc and socat are all missing' >&2",
  'exit 127',
  'fi',
].join('; ');

/** A word for a POSIX shell, whatever it contains. */
export const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
