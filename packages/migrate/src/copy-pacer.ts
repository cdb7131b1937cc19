import type {Host, JobReading} from '@dr-toolkit/hosts';

import {CopyYield} from './copy-yield.ts';
import type {DomainMove} from './domain-move.ts';

const mebibyte = 1024 ** 2;
/** No copy is made slower than this: it would not keep up with what its guest writes. */
const leastBytesPerSecond = 4 * mebibyte;
/** With so little left a copy is let go, and when it has come no nearer to its end for so many looks. */
const tailBytes = 2 * mebibyte;
const looksWithoutGain = 10;
/**
 * Of a lane's bound, so much is kept free for the first step of a copy, which goes out at once, however small its bound:
 * until it is seen, and for so long after that, as its disk has to make up for it.
 */
const roomToBegin = 0.2;
const beginsMs = 1200;
/**
 * What a copy in holes gets beside the bound until a look or two have shown that data have begun again: at first so little
 * that the disk bears it for any time, in long holes what it bears for a moment.
 */
const holesShare = 1 / 16;
const longHolesShare = 1 / 6;

type Options = {readonly signal: AbortSignal};

/** A bound that differs by no more is not worth setting a throttle anew. */
const worthTelling = 0.05;

interface Paced {
  readonly move: DomainMove;
  /** Until its copy was seen it is `fresh`. */
  state: 'fresh' | 'bounded' | 'let go';
  /** When its copy was first seen, on the clock of its job. */
  seenAtMs: number | undefined;
  /** Not seen yet, or only just. */
  begins: boolean;
  leftBytes: number;
  looks: number;
  told: number | undefined;
  readonly yielded: CopyYield;
  /** What is being told: lanes of both hosts speak at the same time. */
  telling: Promise<void>;
}

/** A copy that is to have another bound than it was told; undefined: none. */
interface Change {
  readonly paced: Paced;
  readonly speed: number | undefined;
}

/**
 * Shares out the bounds of lanes among the moves that copy disks. The one that has least left gets two parts, so that
 * they end one by one: were all to carry their memory at once, the disk would idle. A copy that passes holes leaves its
 * part to the others, and one that nears its end is let go.
 */
export class CopyPacer {
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #lanes = new Map<
    string,
    {readonly moves: ReadonlySet<string>; readonly bytesPerSecond?: number | undefined}
  >();
  readonly #paced = new Map<string, Paced>();

  constructor(hosts: ReadonlyMap<string, Host>) {
    this.#hosts = hosts;
  }

  /** Bounds what `moves` copy together; undefined: as each move itself says. */
  async bound(
    lane: string,
    moves: readonly DomainMove[],
    {bytesPerSecond, signal}: Options & {readonly bytesPerSecond: number | undefined},
  ): Promise<void> {
    const before = this.#lanes.get(lane)?.bytesPerSecond;
    this.#lanes.set(lane, {moves: new Set(moves.map(({uuid}) => uuid)), bytesPerSecond});
    const held = new Set(Array.from(this.#lanes.values(), one => [...one.moves]).flat());
    const left = [...this.#paced.values()].filter(({move: {uuid}}) => !held.has(uuid));
    for (const {move} of left) this.#paced.delete(move.uuid);
    for (const move of moves) {
      if (!this.#paced.has(move.uuid)) this.#paced.set(move.uuid, freshly(move));
    }
    const changes = this.#changes();
    const all = (isCut(before, bytesPerSecond) ? changes : nextOf(changes)).map(async ({paced}) => {
      paced.telling = paced.telling.then(() => this.#tell(paced, {signal})).catch(() => {});
      await paced.telling;
    });
    await Promise.all([...all, ...left.map(paced => this.#leave(paced, {signal}))]);
  }

  /** What was said last, perhaps too late, must not hold for a later move of the same domain. */
  async #leave({move: {uuid, from}, telling}: Paced, options: Options): Promise<void> {
    await telling;
    if (this.#paced.has(uuid)) return;
    await this.#hosts
      .get(from)
      ?.setCopySpeed(uuid, undefined, options)
      .catch(() => false);
  }

  /** What a copy that has gone so far in a second may have burdened its disk with: its throttle lets no more data pass. */
  burden(uuid: string, bytesPerSecond: number): number {
    const {told, yielded} = this.#paced.get(uuid) ?? {};
    return told === undefined || !yielded ? bytesPerSecond : Math.min(bytesPerSecond, told * yielded.share);
  }

  /** Takes note of how far a move is. */
  look(uuid: string, job: JobReading): void {
    const paced = this.#paced.get(uuid);
    const {totalBytes, processedBytes, memoryBytes} = job;
    if (!paced || totalBytes === 0) return;
    paced.yielded.note(job, paced.told);
    const leftBytes = totalBytes - processedBytes;
    const nearer = leftBytes < paced.leftBytes;
    paced.looks = nearer ? 0 : paced.looks + 1;
    paced.leftBytes = Math.min(paced.leftBytes, leftBytes);
    if (paced.state === 'fresh') paced.state = 'bounded';
    paced.seenAtMs ??= job.elapsedMs;
    paced.begins = job.elapsedMs - paced.seenAtMs < beginsMs;
    if (memoryBytes > 0 || leftBytes <= tailBytes || paced.looks >= looksWithoutGain) paced.state = 'let go';
  }

  #changes(): Change[] {
    return Array.from(this.#paced.values(), paced => ({paced, speed: this.#speedOf(paced)})).filter(({paced, speed}) =>
      isWorthTelling(paced.told, speed),
    );
  }

  async #tell(paced: Paced, options: Options): Promise<void> {
    const speed = this.#speedOf(paced);
    if (speed === paced.told) return;
    const {uuid, from} = paced.move;
    if (await this.#hosts.get(from)?.setCopySpeed(uuid, speed, options)) paced.told = speed;
  }

  /** The smallest share that any of its lanes leaves it. */
  #speedOf({move, state, yielded}: Paced): number | undefined {
    if (state === 'let go') return undefined;
    const {uuid, bandwidthMibPerSecond: own} = move;
    const shares = Array.from(this.#lanes.values()).flatMap(({moves, bytesPerSecond}) => {
      if (bytesPerSecond === undefined || !moves.has(uuid)) return [];
      return [state === 'fresh' ? leastBytesPerSecond : this.#shareOf(uuid, moves, bytesPerSecond)];
    });
    if (shares.length === 0) return undefined;
    const speed = Math.min(Math.min(...shares) / yielded.share, (own ?? Number.POSITIVE_INFINITY) * mebibyte);
    return Math.max(1, Math.floor(speed / mebibyte)) * mebibyte;
  }

  /**
   * One part, or two for the one that has least left. From that one comes what others need to begin, as far as it goes:
   * the fewer throttles are set anew, the better. A copy in holes burdens no disk, so its part is the others';
   * of several, the one that has least left goes ahead.
   */
  #shareOf(uuid: string, moves: ReadonlySet<string>, bytesPerSecond: number): number {
    const all = Array.from(moves, one => this.#paced.get(one)).filter(one => one !== undefined);
    const fresh = all.filter(({state}) => state === 'fresh').length;
    const bounded = all.filter(({state}) => state === 'bounded').toSorted((a, b) => a.leftBytes - b.leftBytes);
    const withData = bounded.filter(({yielded}) => !yielded.inHoles);
    const counted = withData.length > 0 ? withData : bounded;
    const [first] = counted;
    if (!counted.some(({move}) => move.uuid === uuid)) {
      const ahead = bounded.find(({yielded}) => yielded.inHoles);
      if (uuid !== ahead?.move.uuid) return leastBytesPerSecond;
      return Math.max(leastBytesPerSecond, bytesPerSecond * (ahead.yielded.inLongHoles ? longHolesShare : holesShare));
    }
    const part = bytesPerSecond / (counted.length + 1);
    if (uuid !== first?.move.uuid) return Math.max(leastBytesPerSecond, part);
    const begins = all.some(one => one.begins);
    const room = begins ? Math.max(roomToBegin * bytesPerSecond, fresh * leastBytesPerSecond) : 0;
    return Math.max(leastBytesPerSecond, 2 * part - room);
  }
}

/**
 * Those whose bound cannot wait, and one of the others: a throttle that is set anew lets a tenth of a second's worth
 * through at once, and all of them together would be a storm. What becomes less comes first, and then what gains most.
 */
function nextOf(changes: readonly Change[]): Change[] {
  const urgent = changes.filter(
    ({paced: {told, yielded}, speed}) => speed === undefined || told === undefined || (yielded.inHoles && speed < told),
  );
  const rest = changes.filter(one => !urgent.includes(one));
  const gain = ({paced, speed}: Change) => (speed ?? 0) - (paced.told ?? 0);
  const slower = rest.filter(one => gain(one) < 0);
  const [first] = (slower.length > 0 ? slower : rest).toSorted((a, b) => Math.abs(gain(b)) - Math.abs(gain(a)));
  return [...urgent, ...(first ? [first] : [])];
}

function freshly(move: DomainMove): Paced {
  return {
    move,
    state: 'fresh',
    seenAtMs: undefined,
    begins: true,
    leftBytes: Number.POSITIVE_INFINITY,
    looks: 0,
    told: undefined,
    yielded: new CopyYield(),
    telling: Promise.resolve(),
  };
}

function isWorthTelling(told: number | undefined, speed: number | undefined): boolean {
  if (told === undefined || speed === undefined) return told !== speed;
  return Math.abs(speed - told) > worthTelling * told;
}

/** The first bound there is, or one that is lower by more than a tenth, as guests suffer. */
function isCut(before: number | undefined, now: number | undefined): boolean {
  return now !== undefined && now < 0.9 * (before ?? Number.POSITIVE_INFINITY);
}
