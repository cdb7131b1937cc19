import type {CallOptions, DaemonLink} from '../daemon-link.ts';
import type {NwfilterRef} from '../wire/schema.ts';

/** All network filters of a daemon: named firewall rules for interfaces of domains. */
export class Nwfilters {
  readonly #link: DaemonLink;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  async list(options: CallOptions = {}): Promise<Nwfilter[]> {
    const {filters} = await this.#link.call('CONNECT_LIST_ALL_NWFILTERS', {needResults: 1}, options);
    return filters.map(filter => new Nwfilter(this.#link, filter));
  }

  /** @throws {LibvirtError} `NO_NWFILTER`. */
  async lookupByName(name: string, options: CallOptions = {}): Promise<Nwfilter> {
    const {nwfilter} = await this.#link.call('NWFILTER_LOOKUP_BY_NAME', {name}, options);
    return new Nwfilter(this.#link, nwfilter);
  }

  async define(xml: string, options: CallOptions = {}): Promise<Nwfilter> {
    const {nwfilter} = await this.#link.call('NWFILTER_DEFINE_XML', {xml}, options);
    return new Nwfilter(this.#link, nwfilter);
  }
}

export class Nwfilter {
  readonly name: string;
  readonly uuid: string;
  readonly #link: DaemonLink;
  readonly #nwfilter: NwfilterRef;

  constructor(link: DaemonLink, nwfilter: NwfilterRef) {
    this.#link = link;
    this.#nwfilter = nwfilter;
    this.name = nwfilter.name;
    this.uuid = nwfilter.uuid;
  }

  async xml(options: CallOptions = {}): Promise<string> {
    const {xml} = await this.#link.call('NWFILTER_GET_XML_DESC', {nwfilter: this.#nwfilter}, options);
    return xml;
  }

  async undefine(options: CallOptions = {}): Promise<void> {
    await this.#link.call('NWFILTER_UNDEFINE', {nwfilter: this.#nwfilter}, options);
  }
}
