import type {CallOptions, DaemonLink} from './daemon-link.ts';
import {nameOf, numberOf} from './flags.ts';
import type {SecretRef} from './wire/schema.ts';

export const secretUsages = ['none', 'volume', 'ceph', 'iscsi', 'tls', 'vtpm'] as const;
/** What a secret is for. */
export type SecretUsage = (typeof secretUsages)[number];

/** All secrets of a daemon: passphrases for volumes, Ceph, iSCSI, TLS keys and virtual TPMs. */
export class Secrets {
  readonly #link: DaemonLink;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  async list(options: CallOptions = {}): Promise<Secret[]> {
    const {secrets} = await this.#link.call('CONNECT_LIST_ALL_SECRETS', {needResults: 1}, options);
    return secrets.map(secret => new Secret(this.#link, secret));
  }

  /** @throws {LibvirtError} `NO_SECRET`. */
  async lookupByUuid(uuid: string, options: CallOptions = {}): Promise<Secret> {
    const {secret} = await this.#link.call('SECRET_LOOKUP_BY_UUID', {uuid}, options);
    return new Secret(this.#link, secret);
  }

  /** @throws {LibvirtError} `NO_SECRET`. */
  async lookupByUsage(usage: SecretUsage, id: string, options: CallOptions = {}): Promise<Secret> {
    const args = {usageType: numberOf(secretUsages, usage), usageId: id};
    const {secret} = await this.#link.call('SECRET_LOOKUP_BY_USAGE', args, options);
    return new Secret(this.#link, secret);
  }

  async define(xml: string, options: CallOptions = {}): Promise<Secret> {
    const {secret} = await this.#link.call('SECRET_DEFINE_XML', {xml}, options);
    return new Secret(this.#link, secret);
  }
}

export class Secret {
  readonly uuid: string;
  readonly usage: SecretUsage | `unknown-${number}`;
  readonly usageId: string;
  readonly #link: DaemonLink;
  readonly #secret: SecretRef;

  constructor(link: DaemonLink, secret: SecretRef) {
    this.#link = link;
    this.#secret = secret;
    this.uuid = secret.uuid;
    this.usage = nameOf(secretUsages, secret.usageType);
    this.usageId = secret.usageId;
  }

  async xml(options: CallOptions = {}): Promise<string> {
    const {xml} = await this.#link.call('SECRET_GET_XML_DESC', {secret: this.#secret}, options);
    return xml;
  }

  async setValue(value: Uint8Array, options: CallOptions = {}): Promise<void> {
    await this.#link.call('SECRET_SET_VALUE', {secret: this.#secret, value}, options);
  }

  /** @throws {LibvirtError} when it has none, or is private. */
  async value(options: CallOptions = {}): Promise<Uint8Array> {
    const {value} = await this.#link.call('SECRET_GET_VALUE', {secret: this.#secret}, options);
    return value;
  }

  async undefine(options: CallOptions = {}): Promise<void> {
    await this.#link.call('SECRET_UNDEFINE', {secret: this.#secret}, options);
  }
}
