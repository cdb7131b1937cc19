import {createRequire} from 'node:module';

type StringWidth = (text: string) => number;

const require = createRequire(import.meta.url);
const plain = /^[\x20-\x7e]*$/u;
let measured: StringWidth | undefined;

/**
 * Columns that a text takes on a terminal, colours not counted. Plain text needs no tables of all that Unicode has, which
 * take as long to load as a tenth of a whole start.
 */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  measured ??= (require('string-width') as {readonly default: StringWidth}).default;
  return measured(text);
}
