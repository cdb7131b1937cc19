import type {Finding} from '@dr-toolkit/migrate';

import {counted} from './amounts.ts';
import type {Style, Terminal} from './terminal.ts';

const headings: ReadonlyArray<{severity: Finding['severity']; title: string; style: Style}> = [
  {severity: 'blocks', title: 'In the way', style: 'red'},
  {severity: 'warns', title: 'Warnings', style: 'yellow'},
  {severity: 'notes', title: 'Notes', style: 'dim'},
];

/** All findings at once, the worst first; of the same words for many domains, one entry. Empty when there are none. */
export function findingsText(findings: readonly Finding[], paint: Terminal['paint']): string {
  const blocks = headings.flatMap(({severity, title, style}) => {
    const found = findings.filter(finding => finding.severity === severity);
    if (found.length === 0) return [];
    const entries = [...Map.groupBy(found, finding => alike(finding)).values()].map(same => entryText(same));
    return [[paint(style, `${title} (${counted(found.length, 'finding')})`), ...entries].join('\n')];
  });
  return blocks.join('\n\n');
}

function alike({code, host, domain, message, remedy}: Finding): string {
  return [code, host, without(message, domain), without(remedy, domain)].join('\0');
}

function entryText(same: readonly Finding[]): string {
  const [first] = same;
  if (!first) return '';
  const domains = same.flatMap(({domain}) => domain ?? []);
  const about = [domains.length > 0 ? domains.join(', ') : undefined, `on ${first.host}`].filter(
    part => part !== undefined,
  );
  const message = same.length > 1 ? without(first.message, first.domain) : first.message;
  const remedy = same.length > 1 ? without(first.remedy, first.domain) : first.remedy;
  return `  ${about.join(' ')}  [${first.code}]\n    ${message}\n    ${remedy}`;
}

/** The name of one domain stands for each of them. */
function without(text: string, domain: string | undefined): string {
  if (domain === undefined) return text;
  return text.replaceAll(new RegExp(`(?<![\\w-])${RegExp.escape(domain)}(?![\\w-])`, 'gu'), 'DOMAIN');
}
