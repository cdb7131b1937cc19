import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits} from '../flags.ts';
import type {DomainRef} from '../wire/schema.ts';
import {backupFlags, type BackupFlag} from './domain-flags.ts';

/** The backup job of a domain: to files (push), or offered over NBD (pull). It is the domain's job while it lasts. */
export class DomainBackup {
  readonly #link: DaemonLink;
  readonly #dom: DomainRef;

  constructor(link: DaemonLink, dom: DomainRef) {
    this.#link = link;
    this.#dom = dom;
  }

  /** Starts a backup as `<domainbackup>` describes it; `checkpointXml` begins a checkpoint at the same moment. */
  async begin(
    xml: string,
    {checkpointXml, flags, signal}: FlagOptions<BackupFlag> & {readonly checkpointXml?: string | undefined} = {},
  ): Promise<void> {
    await this.#link.call(
      'DOMAIN_BACKUP_BEGIN',
      {dom: this.#dom, backupXml: xml, checkpointXml, flags: flagBits(backupFlags, flags)},
      {signal},
    );
  }

  /**
   * The job as it runs, with what libvirt filled in.
   * @throws {LibvirtError} `NO_DOMAIN_BACKUP`.
   */
  async xml(options: CallOptions = {}): Promise<string> {
    const {xml} = await this.#link.call('DOMAIN_BACKUP_GET_XML_DESC', {dom: this.#dom}, options);
    return xml;
  }
}
