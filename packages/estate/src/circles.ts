/** Names that wait for each other in a circle: each circle once, beginning with the name met first. */
export function circlesIn(waits: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const settled = new Set<string>();
  const visit = (start: string) => {
    // A stack of its own: a long chain must not overflow the call stack.
    const path: Array<{name: string; left: string[]}> = [{name: start, left: [...(waits.get(start) ?? [])]}];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = top.left.shift();
      if (next === undefined) {
        settled.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (onPath.has(next)) {
        circles.push(path.slice(path.findIndex(({name}) => name === next)).map(({name}) => name));
      } else if (!settled.has(next)) {
        path.push({name: next, left: [...(waits.get(next) ?? [])]});
        onPath.add(next);
      }
    }
  };
  for (const name of waits.keys()) if (!settled.has(name)) visit(name);
  return circles;
}
