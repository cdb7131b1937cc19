import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';

type Say = (
  severity: Finding['severity'],
  code: Finding['code'],
  message: string,
  remedy: string,
  host?: string,
) => void;

/** Findings about one domain, on its source unless another host is named. */
export function collected(examined: Examined, say: (add: Say) => void): Finding[] {
  const findings: Finding[] = [];
  const {domain, from} = examined.move;
  say((severity, code, message, remedy, host = from) => findings.push({severity, code, host, domain, message, remedy}));
  return findings;
}
