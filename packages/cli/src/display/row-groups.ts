import type {RowView} from '../run-view.ts';

/** Rows of one service, or of one wave of a plan. */
export interface RowGroup {
  /** Absent for a row that stands for itself. */
  readonly title?: string;
  readonly total: number;
  readonly done: number;
  /** Those of them that are to be shown. */
  readonly rows: readonly RowView[];
}

/** The rows to be shown by wave and service, in the order of the plan; groups of which none is shown are left out. */
export function rowGroups(all: readonly RowView[], shown: ReadonlySet<string>): RowGroup[] {
  const groups = Map.groupBy(all, ({name, wave, service = name}) => JSON.stringify([wave, service]));
  return [...groups.values()]
    .toSorted(([a], [b]) => (a?.wave ?? 0) - (b?.wave ?? 0))
    .flatMap((members): RowGroup[] => {
      const rows = members.filter(({name}) => shown.has(name));
      if (rows.length === 0) return [];
      const title = titleOf(members);
      const done = members.filter(({state}) => state === 'done').length;
      return [{...(title !== '' && {title}), total: members.length, done, rows}];
    });
}

function titleOf(members: readonly RowView[]): string {
  const [{wave, service, name} = {wave: undefined, service: undefined, name: ''}] = members;
  const alone = members.length === 1 && (service === undefined || service === name);
  return [wave === undefined ? '' : `wave ${wave}`, alone ? '' : (service ?? '')].filter(Boolean).join(', ');
}
