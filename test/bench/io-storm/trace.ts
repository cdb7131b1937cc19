import {appendFile, readFile} from 'node:fs/promises';

import type {AutomaticLane} from '@dr-toolkit/engine';
import type {Host, JobReading} from '@dr-toolkit/hosts';

import type {VictimWrite} from './victim.ts';

/** What went on at one moment. */
type Happening =
  | {readonly what: 'job'; readonly guest: string; readonly job: JobReading | undefined}
  | {
      readonly what: 'look';
      readonly lane: string;
      readonly waitMs: number | undefined;
      readonly copying: number;
      readonly mibPerSecond: number;
    }
  | {readonly what: 'bound'; readonly lane: string; readonly mibPerSecond: number | undefined; readonly streams: number}
  | {
      readonly what: 'speed';
      readonly guest: string;
      readonly mibPerSecond: number | undefined;
      readonly placed: boolean;
    }
  | {readonly what: 'move'; readonly guest: string; readonly step: 'begins' | 'ended'}
  | {readonly what: 'disk'; readonly device: string; readonly writtenMib: number; readonly waiting: number}
  | {readonly what: 'way'; readonly way: string};

const mebibyte = 1024 ** 2;

/** Notes what `auto` sees and does, and each write of the victim, to tell which of them made it wait. One JSON a line. */
export class Trace {
  readonly #file: string | undefined;
  #lines: string[] = [];

  constructor(file: string | undefined) {
    this.#file = file;
  }

  note(happening: Happening): void {
    if (this.#file !== undefined) this.#lines.push(JSON.stringify({atMs: Date.now(), ...happening}));
  }

  async save(writes: readonly VictimWrite[]): Promise<void> {
    if (this.#file === undefined) return;
    const lines = [...this.#lines, ...writes.map(write => JSON.stringify({what: 'write', ...write}))];
    this.#lines = [];
    await appendFile(this.#file, `${lines.join('\n')}\n`);
  }

  /** Notes every 50 ms how much was written to a disk of this machine. Returns its end. */
  disk(device: string): () => void {
    if (this.#file === undefined) return () => {};
    const timer = setInterval(() => void this.#noteDisk(device), 50);
    return () => {
      clearInterval(timer);
    };
  }

  async #noteDisk(device: string): Promise<void> {
    const text = await readFile(`/sys/block/${device}/stat`, 'utf8');
    const fields = text.trim().split(/ +/u).map(Number);
    this.note({what: 'disk', device, writtenMib: (fields[6] ?? 0) / 2048, waiting: fields[8] ?? 0});
  }

  /** The lane, overheard. */
  lane(lane: AutomaticLane): AutomaticLane {
    const name = lane.lane;
    return {
      ...lane,
      sense: async (steps, options) => {
        const look = await lane.sense(steps, options);
        const {waitMs, copying, bytesPerSecond} = look;
        this.note({what: 'look', lane: name, waitMs, copying, mibPerSecond: bytesPerSecond / mebibyte});
        return look;
      },
      setSpeed: async (steps, speed, options) => {
        this.note({what: 'bound', lane: name, mibPerSecond: speed && speed / mebibyte, streams: steps.length});
        await lane.setSpeed(steps, speed, options);
      },
    };
  }

  /** Overhears what is asked of a host. */
  host(host: Host): void {
    const job = host.job.bind(host);
    host.job = async (guest, options) => {
      const found = await job(guest, options);
      this.note({what: 'job', guest, job: found});
      return found;
    };
    const setCopySpeed = host.setCopySpeed.bind(host);
    host.setCopySpeed = async (guest, speed, options) => {
      const placed = await setCopySpeed(guest, speed, options);
      this.note({what: 'speed', guest, mibPerSecond: speed && speed / mebibyte, placed});
      return placed;
    };
    const migrate = host.migrate.bind(host);
    host.migrate = async (guest, ...rest) => {
      this.note({what: 'move', guest, step: 'begins'});
      try {
        return await migrate(guest, ...rest);
      } finally {
        this.note({what: 'move', guest, step: 'ended'});
      }
    };
  }
}
