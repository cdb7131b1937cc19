import {appendFileSync, statSync, truncateSync} from 'node:fs';

/** A file that grows by whole texts: where there is no room for one, its part is cut off again, and all of it kept for later. */
export class GrowingFile {
  readonly #path: string;
  #behind = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether some of it could not be written yet. */
  get behind(): boolean {
    return this.#behind !== '';
  }

  /** To be written by the next `flush`. */
  add(text: string): void {
    this.#behind += text;
  }

  /** Writes what was added, and makes the file. Throws as the file system does, and keeps all of it then. */
  flush(): void {
    const size = statSync(this.#path, {throwIfNoEntry: false})?.size ?? 0;
    try {
      appendFileSync(this.#path, this.#behind, {mode: 0o600});
      this.#behind = '';
    } catch (error) {
      const now = statSync(this.#path, {throwIfNoEntry: false})?.size ?? 0;
      if (now > size) truncateSync(this.#path, size);
      throw error;
    }
  }
}
