/** What `@dr-toolkit/libvirt` needs: `node measure.ts URI TASK...` prints one JSON object, in milliseconds. */
import {connect} from '@dr-toolkit/libvirt';
import {elapsed, median} from '../timing.ts';

const [uri = '', ...tasks] = process.argv.slice(2);
const xmls = 1000;
const repeats = 5;

await using connection = await connect(uri);

const measures: Readonly<Record<string, () => Promise<number | Record<string, number>>>> = {
  /** One lookup by name. */
  async lookup() {
    const times: number[] = [];
    for (const {name} of await connection.domains.list()) {
      times.push(await elapsed(() => connection.domains.lookupByName(name)));
    }
    return median(times);
  },
  /** The definitions of 1,000 domains, one after the other. */
  async xmlsInTurn() {
    const domains = (await connection.domains.list()).slice(0, xmls);
    return repeated(async () => {
      for (const domain of domains) {
        await domain.xml();
      }
    });
  },
  /** The same, asked for at once: the client keeps four on the way. */
  async xmlsAtOnce() {
    const domains = (await connection.domains.list()).slice(0, xmls);
    return repeated(() => Promise.all(domains.map(domain => domain.xml())));
  },
  /** All domains with what they do, by one call. */
  list: () =>
    repeated(async () => {
      const stats = await connection.domains.stats({groups: ['state']});
      if (stats.some(({state}) => state === undefined)) {
        throw new Error('A domain has no state');
      }
    }),
  /** The same by a call for each. */
  listOneByOne: () =>
    repeated(async () => {
      const domains = await connection.domains.list();
      await Promise.all(domains.map(domain => domain.state()));
    }),
  /** A whole status in a new process: milliseconds since it began, and the most memory it took. */
  async status() {
    const start = performance.now();
    const stats = await connection.domains.stats({groups: ['state']});
    const ms = performance.now();
    const {maxRSS} = process.resourceUsage();
    return {domains: stats.length, ms, statusMs: ms - start, mib: maxRSS / 1024};
  },
};

const results: Record<string, unknown> = {};
for (const task of tasks) {
  results[task] = await measures[task]?.();
}
console.log(JSON.stringify(results));

/** The median of some runs in this one process. */
async function repeated(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < repeats; run++) {
    times.push(await elapsed(work));
  }
  return median(times);
}
