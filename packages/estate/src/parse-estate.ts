import {LineCounter, parseDocument, type YAMLParseError} from 'yaml';

import {type Estate, estateOf} from './estate.ts';
import {describeMistake, EstateError, type Mistake} from './estate-error.ts';
import {meaningFaults} from './meaning-faults.ts';
import {blotted, placeAt, rangeOf, type Source} from './place-in-file.ts';
import {estateSchema} from './schema.ts';
import {secretStretches} from './secret-stretches.ts';
import {type Fault, shapeFaults} from './shape-faults.ts';

/**
 * The estate that the text of a dr.yaml declares.
 * @param options.file For messages only.
 * @throws {EstateError} `ESTATE_INVALID`, with every mistake at its line and column.
 */
export function parseEstate(text: string, {file = 'dr.yaml'}: {readonly file?: string} = {}): Estate {
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines, prettyErrors: false, logLevel: 'error'});
  if (lines.lineStarts.length === 0) lines.addNewLine(0);
  const source: Source = {text: blotted(text, secretStretches(text)), lines, document};
  const spelling = document.errors.map(error => spellingMistake(error, source));
  const readable = document.errors.every(({code}) => code === 'DUPLICATE_KEY');
  if (!readable) throw invalid(file, spelling);

  const value = plainValue(source);
  if ('fault' in value) throw invalid(file, [...spelling, mistakeOf(value.fault, source)]);
  const faults = [...shapeFaults(value.root), ...meaningFaults(value.root)];
  const secrets = faults.filter(({secret}) => secret).map(({path}) => rangeOf(source, path));
  const shown = {...source, text: blotted(source.text, secrets)};
  const mistakes = [...spelling, ...oncePerPlace(faults).map(fault => mistakeOf(fault, shown))];
  if (mistakes.length > 0) throw invalid(file, mistakes);
  return estateOf(estateSchema.parse(value.root));
}

function plainValue({document, text}: Source): {root: unknown} | {fault: Fault} {
  try {
    return {root: document.toJS({maxAliasCount: 100}) as unknown};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // An alias is told by its name, unless that is blotted out: a password may begin with a star.
    const [what, name] = message.split(': ');
    const why = name === undefined || text.includes(`*${name}`) ? message : what;
    return {fault: {path: [], message: `anchors and aliases cannot be followed: ${why}`, hint: 'Write the values out'}};
  }
}

/** One place is told once, the form before the meaning. */
function oncePerPlace(faults: readonly Fault[]): Fault[] {
  const seen = new Set<string>();
  return faults.filter(({path, message}) => {
    const key = path.map(String).join('\0');
    const again = seen.has(key) || seen.has(`${key}\0${message}`);
    seen.add(key);
    return !again;
  });
}

function mistakeOf({path, at, message, hint}: Fault, source: Source): Mistake {
  const empty = path.length === 0 && source.document.contents === null;
  return {
    path: path.map(String).join('.'),
    ...placeAt(source, rangeOf(source, path, at)),
    message: empty ? 'the file is empty' : message,
    hint: empty ? 'Have it written: dr init URI...' : hint,
  };
}

function spellingMistake({code, message, pos}: YAMLParseError, source: Source): Mistake {
  const hints: Partial<Record<YAMLParseError['code'], string>> = {
    BAD_INDENT: 'Bring the line under its neighbours',
    DUPLICATE_KEY: 'Keep one of the two',
    MULTIPLE_DOCS: 'Keep one document in the file: take out the --- between them',
    TAB_AS_INDENT: 'Indent with spaces',
  };
  const hint = hints[code] ?? 'See that indentation, quotes and brackets match on this line and the one before';
  return {path: '', ...placeAt(source, pos), message: lowerFirst(message), hint};
}

function invalid(file: string, mistakes: readonly Mistake[]): EstateError {
  const sorted = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const count = sorted.length === 1 ? '1 mistake' : `${sorted.length} mistakes`;
  const message = `${file} has ${count}\n\n${sorted.map(mistake => describeMistake(mistake, file)).join('\n\n')}`;
  return new EstateError('ESTATE_INVALID', message, {hint: `Correct ${file}, then try again`, file, mistakes: sorted});
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
