import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits} from '../flags.ts';
import type {DomainRef, SnapshotRef} from '../wire/schema.ts';
import {
  snapshotCreateFlags,
  snapshotDeleteFlags,
  snapshotRevertFlags,
  type SnapshotCreateFlag,
  type SnapshotDeleteFlag,
  type SnapshotRevertFlag,
} from './domain-flags.ts';

/** The snapshots of one domain. */
export class Snapshots {
  readonly #link: DaemonLink;
  readonly #dom: DomainRef;

  constructor(link: DaemonLink, dom: DomainRef) {
    this.#link = link;
    this.#dom = dom;
  }

  /** Takes a snapshot as `<domainsnapshot>` describes it. */
  async create(xml: string, {flags, signal}: FlagOptions<SnapshotCreateFlag> = {}): Promise<Snapshot> {
    const {snap} = await this.#link.call(
      'DOMAIN_SNAPSHOT_CREATE_XML',
      {dom: this.#dom, xmlDesc: xml, flags: flagBits(snapshotCreateFlags, flags)},
      {signal},
    );
    return new Snapshot(this.#link, snap);
  }

  async list(options: CallOptions = {}): Promise<Snapshot[]> {
    const {snapshots} = await this.#link.call('DOMAIN_LIST_ALL_SNAPSHOTS', {dom: this.#dom, needResults: 1}, options);
    return snapshots.map(snap => new Snapshot(this.#link, snap));
  }

  /** @throws {LibvirtError} `NO_DOMAIN_SNAPSHOT`. */
  async lookupByName(name: string, options: CallOptions = {}): Promise<Snapshot> {
    const {snap} = await this.#link.call('DOMAIN_SNAPSHOT_LOOKUP_BY_NAME', {dom: this.#dom, name}, options);
    return new Snapshot(this.#link, snap);
  }

  /** The snapshot the domain was last reverted to or that was last taken, if any. */
  async current(options: CallOptions = {}): Promise<Snapshot | undefined> {
    const {result} = await this.#link.call('DOMAIN_HAS_CURRENT_SNAPSHOT', {dom: this.#dom}, options);
    if (result === 0) {
      return undefined;
    }
    const {snap} = await this.#link.call('DOMAIN_SNAPSHOT_CURRENT', {dom: this.#dom}, options);
    return new Snapshot(this.#link, snap);
  }
}

/** A state of a domain that it can go back to. */
export class Snapshot {
  readonly name: string;
  readonly #link: DaemonLink;
  readonly #snap: SnapshotRef;

  constructor(link: DaemonLink, snap: SnapshotRef) {
    this.#link = link;
    this.#snap = snap;
    this.name = snap.name;
  }

  /** `secure` shows passwords. */
  async xml({flags = [], signal}: FlagOptions<'secure'> = {}): Promise<string> {
    const {xml} = await this.#link.call(
      'DOMAIN_SNAPSHOT_GET_XML_DESC',
      {snap: this.#snap, flags: flagBits({secure: 1}, flags)},
      {signal},
    );
    return xml;
  }

  async isCurrent(options: CallOptions = {}): Promise<boolean> {
    const {current} = await this.#link.call('DOMAIN_SNAPSHOT_IS_CURRENT', {snap: this.#snap}, options);
    return current !== 0;
  }

  /** @throws {LibvirtError} `NO_DOMAIN_SNAPSHOT` for a snapshot without a parent. */
  async parent(options: CallOptions = {}): Promise<Snapshot> {
    const {snap} = await this.#link.call('DOMAIN_SNAPSHOT_GET_PARENT', {snap: this.#snap}, options);
    return new Snapshot(this.#link, snap);
  }

  async children(options: CallOptions = {}): Promise<Snapshot[]> {
    const {snapshots} = await this.#link.call(
      'DOMAIN_SNAPSHOT_LIST_ALL_CHILDREN',
      {snapshot: this.#snap, needResults: 1},
      options,
    );
    return snapshots.map(snap => new Snapshot(this.#link, snap));
  }

  async revert({flags, signal}: FlagOptions<SnapshotRevertFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_REVERT_TO_SNAPSHOT',
      {snap: this.#snap, flags: flagBits(snapshotRevertFlags, flags)},
      {signal},
    );
  }

  async delete({flags, signal}: FlagOptions<SnapshotDeleteFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_SNAPSHOT_DELETE',
      {snap: this.#snap, flags: flagBits(snapshotDeleteFlags, flags)},
      {signal},
    );
  }
}
