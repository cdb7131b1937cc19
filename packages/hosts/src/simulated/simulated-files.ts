import {HostError} from '../host-error.ts';
import type {NewVolume, VolumePiece} from '../host.ts';
import type {VolumeReading} from '../reading.ts';

interface SimulatedFile {
  readonly format: string;
  readonly compat?: string;
  readonly capacityBytes: number;
  readonly data: Map<number, Uint8Array>;
  lengthBytes: number;
  /** How often it was written to. */
  writes: number;
}

/** Files of a host that is only memory. */
export class SimulatedFiles {
  readonly #host: string;
  readonly #files = new Map<string, SimulatedFile>();
  readonly #shared = new Map<string, SimulatedFiles>();

  constructor(host: string) {
    this.#host = host;
  }

  /** From now on what lies in `folder` is what the other host has there. */
  share(folder: string, other: SimulatedFiles): void {
    this.#shared.set(`${folder}/`, other);
  }

  get paths(): string[] {
    const shared = [...this.#shared].flatMap(([folder, {paths}]) => paths.filter(path => path.startsWith(folder)));
    return [...this.#files.keys(), ...shared].toSorted();
  }

  find(path: string): VolumeReading | undefined {
    const file = this.#filesAt(path).get(path);
    if (!file) return undefined;
    const {format, compat, capacityBytes, lengthBytes, data, writes} = file;
    const allocationBytes = data.values().reduce((sum, bytes) => sum + bytes.length, 0);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const sizes = {capacityBytes, lengthBytes, allocationBytes};
    return {name, path, format, ...(compat !== undefined && {compat}), ...sizes, modified: String(writes)};
  }

  create({path, format, compat, capacityBytes}: NewVolume): void {
    if (this.#filesAt(path).has(path)) {
      throw new HostError('VOLUME_EXISTS', `${this.#host}: ${path} exists`, {host: this.#host, hint: 'Move it away'});
    }
    const lengthBytes = format === 'raw' ? capacityBytes : 196_608;
    this.#filesAt(path).set(path, {
      format,
      ...(compat !== undefined && {compat}),
      capacityBytes,
      lengthBytes,
      data: new Map(),
      writes: 0,
    });
  }

  delete(path: string): void {
    this.#filesAt(path).delete(path);
  }

  *read(path: string, lengthBytes = Infinity): Generator<VolumePiece> {
    const file = this.#required(path);
    const end = Math.min(file.lengthBytes, lengthBytes);
    let offset = 0;
    for (const [at, data] of [...file.data].toSorted(([a], [b]) => a - b)) {
      if (at >= end) break;
      if (at > offset) yield {offset, holeBytes: at - offset};
      yield {offset: at, data: data.subarray(0, end - at)};
      offset = Math.min(end, at + data.length);
    }
    if (end > offset) yield {offset, holeBytes: end - offset};
  }

  write(path: string, piece: VolumePiece): void {
    if (!('data' in piece)) return;
    const file = this.#required(path);
    file.data.set(piece.offset, Uint8Array.from(piece.data));
    file.writes += 1;
    file.lengthBytes = Math.max(file.lengthBytes, piece.offset + piece.data.length);
  }

  /** What a mirror job does: the target's file holds what the source's does, whatever it is called there. */
  mirror(path: string, from: SimulatedFiles, source: string): void {
    for (const piece of from.read(source)) this.write(path, piece);
  }

  #filesAt(path: string): Map<string, SimulatedFile> {
    for (const [folder, other] of this.#shared) if (path.startsWith(folder)) return other.#filesAt(path);
    return this.#files;
  }

  #required(path: string): SimulatedFile {
    const file = this.#filesAt(path).get(path);
    if (file) return file;
    throw new HostError('VOLUME_NOT_FOUND', `${this.#host} has no ${path}`, {
      host: this.#host,
      hint: 'See what is there',
    });
  }
}
