import type {Range} from './place-in-file.ts';

/** Up to the last @: what stands unquoted in a password may be any character. */
const passwordInUri = /\/\/[^\s/@:]*:(\S+)@/dgu;
const secretKey = String.raw`(?:passw|passphrase|secret|token|api_?key)\w*["']?[ \t]*:[ \t]+`;
/** On a line of its own the whole rest is the value, commas and all. */
const valueInBlock = new RegExp(String.raw`^[^{[\n]*?${secretKey}([^\s{[].*)$`, 'dgimu');
/** Between braces it ends with a comma or a brace, unless that stands in quotes. */
const valueInFlow = new RegExp(
  String.raw`${secretKey}((?![\s{[])(?:"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|[^,}\n"'])+)`,
  'dgiu',
);

/** What looks like a secret in the text of a dr.yaml: all there is to go by while the file cannot be parsed. */
export function secretStretches(text: string): Range[] {
  return [passwordInUri, valueInBlock, valueInFlow].flatMap(pattern =>
    Array.from(text.matchAll(pattern)).flatMap(({indices}): Range[] => (indices?.[1] ? [indices[1]] : [])),
  );
}
