import type {Range} from './place-in-file.ts';

const passwordInUri = /\/\/[^\s/@:]*:([^\s/@]+)@/dgu;
const secretValue = /(?:passw|passphrase|secret|token|api_?key)\w*["']?[ \t]*:[ \t]+([^\s{[][^,}\n]*)/dgiu;

/** What looks like a secret in the text of a dr.yaml: all that can be gone by while the file cannot be read as a whole. */
export function secretStretches(text: string): Range[] {
  return [passwordInUri, secretValue].flatMap(pattern =>
    Array.from(text.matchAll(pattern)).flatMap(({indices}): Range[] => (indices?.[1] ? [indices[1]] : [])),
  );
}
