import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits} from '../flags.ts';
import type {CheckpointRef, DomainRef} from '../wire/schema.ts';
import {
  checkpointCreateFlags,
  checkpointXmlFlags,
  snapshotDeleteFlags,
  type CheckpointCreateFlag,
  type CheckpointXmlFlag,
  type SnapshotDeleteFlag,
} from './domain-flags.ts';

/** The checkpoints of one domain: moments from which on changed blocks are known. libvirt 5.6 or later. */
export class Checkpoints {
  readonly #link: DaemonLink;
  readonly #dom: DomainRef;

  constructor(link: DaemonLink, dom: DomainRef) {
    this.#link = link;
    this.#dom = dom;
  }

  /** Begins a checkpoint as `<domaincheckpoint>` describes it. */
  async create(xml: string, {flags, signal}: FlagOptions<CheckpointCreateFlag> = {}): Promise<Checkpoint> {
    const {checkpoint} = await this.#link.call(
      'DOMAIN_CHECKPOINT_CREATE_XML',
      {dom: this.#dom, xmlDesc: xml, flags: flagBits(checkpointCreateFlags, flags)},
      {signal},
    );
    return new Checkpoint(this.#link, checkpoint);
  }

  async list(options: CallOptions = {}): Promise<Checkpoint[]> {
    const {checkpoints} = await this.#link.call(
      'DOMAIN_LIST_ALL_CHECKPOINTS',
      {dom: this.#dom, needResults: 1},
      options,
    );
    return checkpoints.map(checkpoint => new Checkpoint(this.#link, checkpoint));
  }

  /** @throws {LibvirtError} `NO_DOMAIN_CHECKPOINT`. */
  async lookupByName(name: string, options: CallOptions = {}): Promise<Checkpoint> {
    const {checkpoint} = await this.#link.call('DOMAIN_CHECKPOINT_LOOKUP_BY_NAME', {dom: this.#dom, name}, options);
    return new Checkpoint(this.#link, checkpoint);
  }
}

export class Checkpoint {
  readonly name: string;
  readonly #link: DaemonLink;
  readonly #checkpoint: CheckpointRef;

  constructor(link: DaemonLink, checkpoint: CheckpointRef) {
    this.#link = link;
    this.#checkpoint = checkpoint;
    this.name = checkpoint.name;
  }

  /** `size` adds how much has changed since, `no-domain` leaves out the domain's definition of that time. */
  async xml({flags, signal}: FlagOptions<CheckpointXmlFlag> = {}): Promise<string> {
    const {xml} = await this.#link.call(
      'DOMAIN_CHECKPOINT_GET_XML_DESC',
      {checkpoint: this.#checkpoint, flags: flagBits(checkpointXmlFlags, flags)},
      {signal},
    );
    return xml;
  }

  /** @throws {LibvirtError} `NO_DOMAIN_CHECKPOINT` for the first one. */
  async parent(options: CallOptions = {}): Promise<Checkpoint> {
    const {parent} = await this.#link.call('DOMAIN_CHECKPOINT_GET_PARENT', {checkpoint: this.#checkpoint}, options);
    return new Checkpoint(this.#link, parent);
  }

  async children(options: CallOptions = {}): Promise<Checkpoint[]> {
    const {checkpoints} = await this.#link.call(
      'DOMAIN_CHECKPOINT_LIST_ALL_CHILDREN',
      {checkpoint: this.#checkpoint, needResults: 1},
      options,
    );
    return checkpoints.map(checkpoint => new Checkpoint(this.#link, checkpoint));
  }

  async delete({flags, signal}: FlagOptions<SnapshotDeleteFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_CHECKPOINT_DELETE',
      {checkpoint: this.#checkpoint, flags: flagBits(snapshotDeleteFlags, flags)},
      {signal},
    );
  }
}
