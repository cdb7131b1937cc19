import {createHash, createHmac, pbkdf2, timingSafeEqual} from 'node:crypto';
import {promisify} from 'node:util';

export type ScramHash = 'sha256' | 'sha1';

const deriveKey = promisify(pbkdf2);
/** Less is a server that wants to read the password; more, one that wants to keep us busy. */
const iterationsMin = 4096;
const iterationsMax = 10_000_000;

/** The client's side of a SCRAM login (RFC 5802, 7677), message by message, without channel binding. */
export class ScramLogin {
  readonly #hash: ScramHash;
  readonly #password: string;
  readonly #nonce: string;
  readonly #bare: string;
  #serverSignature: Buffer | undefined;

  constructor(hash: ScramHash, login: {readonly user: string; readonly password: string; readonly nonce: string}) {
    this.#hash = hash;
    this.#password = login.password.normalize('NFKC');
    this.#nonce = login.nonce;
    const user = login.user.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#bare = `n=${user},r=${login.nonce}`;
  }

  first(): string {
    return `n,,${this.#bare}`;
  }

  /**
   * Answers the server's challenge.
   * @throws {Error} when the challenge is malformed, or repeats another nonce than ours.
   */
  async final(challenge: string): Promise<string> {
    const {r: nonce = '', s: salt = '', i: count = ''} = attributes(challenge);
    const iterations = Number(count);
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || salt === '') {
      throw new Error('the server answered another login than ours');
    }
    if (!Number.isInteger(iterations) || iterations < iterationsMin || iterations > iterationsMax) {
      throw new Error(`the server wants ${count} rounds of hashing`);
    }
    const withoutProof = `c=biws,r=${nonce}`;
    const said = `${this.#bare},${challenge},${withoutProof}`;
    const size = this.#hash === 'sha256' ? 32 : 20;
    const salted = await deriveKey(this.#password, Buffer.from(salt, 'base64'), iterations, size, this.#hash);
    const clientKey = this.#hmac(salted, 'Client Key');
    const storedKey = createHash(this.#hash).update(clientKey).digest();
    const signature = this.#hmac(storedKey, said);
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), said);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Whether the server's last message proves that it knows the password as well. */
  verifies(outcome: string): boolean {
    const signature = Buffer.from(attributes(outcome)['v'] ?? '', 'base64');
    return (
      this.#serverSignature !== undefined &&
      signature.length === this.#serverSignature.length &&
      timingSafeEqual(signature, this.#serverSignature)
    );
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest();
  }
}

function attributes(message: string): Partial<Record<string, string>> {
  return Object.fromEntries(message.split(',').map(part => [part.slice(0, 1), part.slice(2)]));
}
