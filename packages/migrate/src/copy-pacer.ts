import type {Host, JobReading} from '@dr-toolkit/hosts';

import type {DomainMove} from './domain-move.ts';

const mebibyte = 1024 ** 2;
/** No copy is made slower than this: it would not keep up with what its guest writes. */
const leastBytesPerSecond = 4 * mebibyte;
/** With so little left a copy is let go, and when it has come no nearer to its end for so many looks. */
const tailBytes = 2 * mebibyte;
const looksWithoutGain = 10;

type Options = {readonly signal: AbortSignal};

interface Paced {
  readonly move: DomainMove;
  state: 'bounded' | 'let go';
  leftBytes: number;
  looks: number;
  told: number | undefined;
}

/** Shares out the bounds of lanes among the moves that copy disks. A copy that nears its end is let go. */
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
    this.#lanes.set(lane, {moves: new Set(moves.map(({uuid}) => uuid)), bytesPerSecond});
    const held = new Set(Array.from(this.#lanes.values(), one => [...one.moves]).flat());
    for (const uuid of this.#paced.keys()) if (!held.has(uuid)) this.#paced.delete(uuid);
    for (const move of moves) {
      const fresh = {move, state: 'bounded', leftBytes: Number.POSITIVE_INFINITY, looks: 0, told: undefined} as const;
      if (!this.#paced.has(move.uuid)) this.#paced.set(move.uuid, {...fresh});
    }
    await Promise.allSettled(Array.from(this.#paced.values(), paced => this.#tell(paced, {signal})));
  }

  /** Takes note of how far a move is. */
  look(uuid: string, {totalBytes, processedBytes, memoryBytes}: JobReading): void {
    const paced = this.#paced.get(uuid);
    if (!paced || totalBytes === 0) return;
    const leftBytes = totalBytes - processedBytes;
    const nearer = leftBytes < paced.leftBytes;
    paced.looks = nearer ? 0 : paced.looks + 1;
    paced.leftBytes = Math.min(paced.leftBytes, leftBytes);
    if (memoryBytes > 0 || leftBytes <= tailBytes || paced.looks >= looksWithoutGain) paced.state = 'let go';
  }

  async #tell(paced: Paced, options: Options): Promise<void> {
    const speed = this.#speedOf(paced);
    if (speed === paced.told) return;
    const {uuid, from} = paced.move;
    if (await this.#hosts.get(from)?.setCopySpeed(uuid, speed, options)) paced.told = speed;
  }

  /** The least that its lanes leave it. */
  #speedOf({move, state}: Paced): number | undefined {
    if (state === 'let go') return undefined;
    const {uuid, bandwidthMibPerSecond: own} = move;
    const shares = Array.from(this.#lanes.values()).flatMap(({moves, bytesPerSecond}) => {
      if (bytesPerSecond === undefined || !moves.has(uuid)) return [];
      const bounded = [...moves].filter(one => this.#paced.get(one)?.state === 'bounded').length;
      return [Math.max(leastBytesPerSecond, bytesPerSecond / bounded)];
    });
    if (shares.length === 0) return undefined;
    return Math.floor(Math.min(...shares, own === undefined ? Number.POSITIVE_INFINITY : own * mebibyte));
  }
}
