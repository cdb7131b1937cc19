/** Shorter secrets are only replaced where they stand alone as a word: else they would eat the journal. */
const shortest = 6;

/** Knows the secrets of a run and keeps them out of what is written. */
export class Redaction {
  readonly #secrets = new Set<string>();
  #pattern: RegExp | undefined;

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** Registers a value, and what it looks like once encoded; of a value of many lines (a key) each line too. */
  add(secret: string): void {
    if (secret.trim() === '' || this.#secrets.has(secret)) return;
    const lines = secret.split(/\r?\n/).filter(line => line.length >= shortest);
    for (const part of [secret, ...lines]) {
      this.#secrets.add(part);
      this.#secrets.add(JSON.stringify(part).slice(1, -1));
      this.#secrets.add(encodeURIComponent(part));
      if (part.length >= shortest) {
        this.#secrets.add(Buffer.from(part).toString('base64').replace(/=+$/, ''));
        this.#secrets.add(Buffer.from(part).toString('base64url'));
        this.#secrets.add(Buffer.from(part).toString('hex'));
      }
    }
    // The longest first: a secret may contain another.
    const patterns = [...this.#secrets].sort((a, b) => b.length - a.length).map(patternOf);
    this.#pattern = new RegExp(patterns.join('|'), 'g');
  }

  text(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, '[secret]') : text;
  }

  /** The same plain data with every string in it redacted, keys too. */
  plain<T>(value: T): T {
    return this.#pattern ? (this.#redacted(value) as T) : value;
  }

  /** Whether plain data holds a secret anywhere. */
  finds(value: unknown): boolean {
    if (!this.#pattern) return false;
    const text = JSON.stringify(value);
    return this.text(text) !== text;
  }

  #redacted(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(inner => this.#redacted(inner));
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [this.text(key), this.#redacted(inner)]));
  }
}

function patternOf(secret: string): string {
  const pattern = RegExp.escape(secret);
  return secret.length >= shortest ? pattern : `(?<!\\w)${pattern}(?!\\w)`;
}
