import type {CallOptions, Host} from './host.ts';

/**
 * What dr leaves in writing beside a disk, so that the next run knows whose file it is. `incoming`: a copy being made.
 * `kept`: a disk whose domain has moved away. `probe`: nothing; who reads `mark` sees the folder it was written into.
 */
export type DiskNote =
  | {
      readonly kind: 'incoming';
      readonly uuid: string;
      readonly domain: string;
      readonly from: string;
      readonly run: string;
      /** ISO 8601: how long the claim holds under which it was written, when nobody renews it. */
      readonly until?: string;
      /** `whole`: the domain can have it. Not told: `begun`. */
      readonly copy?: 'begun' | 'whole';
      /** When the file that is copied was last changed, as its host tells it: of a domain that is off. */
      readonly sourceModified?: string;
    }
  | {
      readonly kind: 'kept';
      readonly uuid: string;
      readonly domain: string;
      readonly movedTo: string;
      readonly movedAt: string;
      readonly run: string;
      /** NVRAM that stayed behind with it, with a note of its own. */
      readonly nvram?: string;
    }
  | {
      readonly kind: 'probe';
      readonly uuid: string;
      readonly domain: string;
      readonly run: string;
      readonly mark: string;
      /** As of an `incoming` one. */
      readonly until?: string;
    };

export function notePath(diskPath: string, kind: DiskNote['kind']): string {
  return `${diskPath}.dr-${kind}`;
}

/** The disk that a note's path belongs to; undefined when it is no note. */
export function notedDisk(path: string, kind: DiskNote['kind']): string | undefined {
  const suffix = `.dr-${kind}`;
  return path.endsWith(suffix) ? path.slice(0, -suffix.length) : undefined;
}

/** Undefined when there is no note of that kind, or none that dr has written. */
export async function readDiskNote<K extends DiskNote['kind']>(
  host: Host,
  diskPath: string,
  kind: K,
  options: CallOptions = {},
): Promise<(DiskNote & {kind: K}) | undefined> {
  const path = notePath(diskPath, kind);
  const volume = await host.findVolume(path, options);
  if (!volume || volume.capacityBytes > 65_536) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of host.readVolume(path, {signal: options.signal, weight: 'light'}))
    if ('data' in piece) pieces.push(piece.data);
  return parsedNote(Buffer.concat(pieces).toString(), kind);
}

/** Writes the note, in place of an older one of that kind. */
export async function writeDiskNote(
  host: Host,
  diskPath: string,
  note: DiskNote,
  options: CallOptions = {},
): Promise<void> {
  const path = notePath(diskPath, note.kind);
  const data = noteBytes({format: 'dr-note/1', ...note});
  await host.deleteVolume(path, options);
  await host.createVolume({path, format: 'raw', capacityBytes: data.length}, options);
  await host.writeVolume(path, onePiece(data), {signal: options.signal, weight: 'light'});
}

/** Says of a domain's copy that was begun that it is whole: over what the note said, so that it is never without its note. */
export async function markWhole(
  host: Host,
  diskPath: string,
  {uuid}: Pick<DiskNote, 'uuid'>,
  options: CallOptions = {},
): Promise<void> {
  const note = await readDiskNote(host, diskPath, 'incoming', options);
  if (note?.uuid !== uuid || note.copy !== 'begun') return;
  // As long as it was, to the byte.
  const data = noteBytes({...note, copy: 'whole'});
  await host.writeVolume(notePath(diskPath, 'incoming'), onePiece(data), {signal: options.signal, weight: 'light'});
}

export async function removeDiskNote(
  host: Host,
  diskPath: string,
  kind: DiskNote['kind'],
  options: CallOptions = {},
): Promise<void> {
  await host.deleteVolume(notePath(diskPath, kind), options);
}

function noteBytes(note: object): Buffer {
  return Buffer.from(`${JSON.stringify(note)}\n`);
}

function parsedNote<K extends DiskNote['kind']>(text: string, kind: K): (DiskNote & {kind: K}) | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // cut short by a crash, or not ours
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const note = value as Partial<Record<string, unknown>>;
  const ours = note.format === 'dr-note/1' && note.kind === kind && typeof note.uuid === 'string';
  return ours ? (value as DiskNote & {kind: K}) : undefined;
}

// oxlint-disable-next-line typescript/require-await
async function* onePiece(data: Uint8Array) {
  yield {offset: 0, data};
}
