/**
 * A word of a command that people are to type, quoted where a shell would read something else in it. Names of domains come
 * from hosts, and may hold anything: blanks, quotes, `$(...)`.
 */
export function shellWord(word: string): string {
  return /^[\p{L}\p{M}\p{N}_.:@/+-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
