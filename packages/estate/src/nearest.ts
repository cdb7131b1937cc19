import {distance} from 'fastest-levenshtein';

/** The candidate that was probably meant by a mistyped word; undefined when none is near. Case is forgiven first. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  // Two letters that changed places are two apart.
  const far = typed.length < 4 ? 1 : Math.max(2, Math.floor(typed.length / 3));
  let best: {readonly word: string; readonly away: number} | undefined;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const started = typed.length >= 3 && known.startsWith(typed);
    const away = started ? 1 : distance(typed, known);
    if (away <= far && (!best || away < best.away)) best = {word: candidate, away};
  }
  return best?.word;
}

/** The hint for an unknown word: what was probably meant, or else what there is. `what` in the singular: `host`. */
export function didYouMean(word: string, candidates: Iterable<string>, {what}: {readonly what: string}): string {
  const known = [...candidates];
  const meant = nearest(word, known);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  if (known.length === 0) return `There is no ${what} yet`;
  const shown = known.slice(0, 12).join(', ');
  return `Known: ${shown}${known.length > 12 ? `, and ${known.length - 12} more` : ''}`;
}
