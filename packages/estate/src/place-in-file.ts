import {isAlias, isMap, isNode, isScalar, isSeq, type Document, type LineCounter, type Node} from 'yaml';

export type Path = readonly PropertyKey[];

/** The text of dr.yaml with what is needed to point into it. */
export interface Source {
  /** For excerpts: secrets in it are blotted out. */
  readonly text: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
}

export interface Place {
  /** From 1, both. */
  readonly line: number;
  readonly column: number;
  readonly excerpt: string;
}

/** From and to, in characters. */
export type Range = readonly [number, number];

/**
 * The stretch of the file where a path of keys stands; where only a part of it exists, that part.
 * @param at `key`: the name; `value`: what stands behind it, or the name when nothing does.
 */
export function rangeOf(source: Source, path: Path, at: 'key' | 'value' = 'value'): Range {
  let node: unknown = source.document.contents;
  let range = rangeOfNode(node) ?? [0, 0];
  for (const [index, key] of path.entries()) {
    const found = stepInto(resolved(node, source), key);
    if (!found) break;
    const last = index === path.length - 1;
    const keyRange = rangeOfNode(found.key);
    const valueRange = rangeOfNode(found.value);
    const empty = !valueRange || valueRange[0] === valueRange[1];
    range = (last && at === 'key') || empty ? (keyRange ?? valueRange ?? range) : valueRange;
    node = found.value;
  }
  return range;
}

/** Line and column of a stretch of the file, and what it looks like there. */
export function placeAt(source: Source, [from, to]: Range): Place {
  const start = Math.min(from, source.text.length);
  const {line, col: column} = source.lines.linePos(start);
  const lineStart = source.lines.lineStarts[line - 1] ?? 0;
  const whole = (source.text.slice(lineStart).split(/\r?\n/u, 1)[0] ?? '').replaceAll('\t', ' ');
  const length = Math.max(1, Math.min(to - start, whole.length - (column - 1)));
  return {line: Math.max(1, line), column: Math.max(1, column), excerpt: excerptOf(whole, {line, column, length})};
}

function excerptOf(whole: string, {line, column, length}: {line: number; column: number; length: number}): string {
  const cut = column > 80 ? column - 40 : 0;
  const gutter = String(line);
  const shown = cut === 0 ? whole.slice(0, 120) : `...${whole.slice(cut, cut + 120)}`;
  const indent = ' '.repeat(column - 1 - cut + (cut === 0 ? 0 : 3));
  const caret = '^'.repeat(Math.min(length, Math.max(1, shown.length - indent.length)));
  return `${gutter} | ${shown}\n${' '.repeat(gutter.length)} | ${indent}${caret}`;
}

/** The text with all but line breaks starred out in these stretches. */
export function blotted(text: string, ranges: readonly Range[]): string {
  let shown = text;
  for (const [from, to] of ranges) {
    shown = shown.slice(0, from) + shown.slice(from, to).replaceAll(/[^\r\n]/gu, '*') + shown.slice(to);
  }
  return shown;
}

function stepInto(node: Node | undefined, key: PropertyKey): {key: unknown; value: unknown} | undefined {
  if (isSeq(node))
    return typeof key === 'number' && key in node.items ? {key: undefined, value: node.items[key]} : undefined;
  if (!isMap(node)) return undefined;
  return node.items.find(pair => keyText(pair.key) === String(key));
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function resolved(node: unknown, {document}: Source): Node | undefined {
  if (isAlias(node)) return node.resolve(document) ?? undefined;
  return isNode(node) ? node : undefined;
}

function rangeOfNode(node: unknown): Range | undefined {
  const range = isNode(node) ? node.range : undefined;
  return range ? [range[0], range[1]] : undefined;
}
