import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits} from '../flags.ts';
import {
  createFlags,
  defineFlags,
  listDomainsFlags,
  saveFlags,
  statsFlags,
  statsGroups,
  type CreateFlag,
  type DefineFlag,
  type ListDomainsFlag,
  type SaveFlag,
  type StatsFlag,
  type StatsGroup,
} from './domain-flags.ts';
import {domainFigures, type DomainFigures} from './domain-stats.ts';
import {Domain} from './domain.ts';

/** A domain and its figures. */
export type DomainStats = DomainFigures & {readonly domain: Domain};

/** All domains of a daemon. */
export class Domains {
  readonly #link: DaemonLink;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  /**
   * The domains that fit all kinds of flags named: `['active']`, `['inactive', 'persistent']`. All by default.
   * @throws {LibvirtError} when a host has more than 16,384 of them, active or not.
   */
  async list({flags, signal}: FlagOptions<ListDomainsFlag> = {}): Promise<Domain[]> {
    const args = {needResults: 1, flags: flagBits(listDomainsFlags, flags)};
    const {domains} = await this.#link.call('CONNECT_LIST_ALL_DOMAINS', args, {signal});
    return domains.map(dom => new Domain(this.#link, dom));
  }

  /** @throws {LibvirtError} `NO_DOMAIN`. */
  async lookupByName(name: string, options: CallOptions = {}): Promise<Domain> {
    const {dom} = await this.#link.call('DOMAIN_LOOKUP_BY_NAME', {name}, options);
    return new Domain(this.#link, dom);
  }

  /** @throws {LibvirtError} `NO_DOMAIN`. */
  async lookupByUuid(uuid: string, options: CallOptions = {}): Promise<Domain> {
    const {dom} = await this.#link.call('DOMAIN_LOOKUP_BY_UUID', {uuid}, options);
    return new Domain(this.#link, dom);
  }

  /** @throws {LibvirtError} `NO_DOMAIN`. */
  async lookupById(id: number, options: CallOptions = {}): Promise<Domain> {
    const {dom} = await this.#link.call('DOMAIN_LOOKUP_BY_ID', {id}, options);
    return new Domain(this.#link, dom);
  }

  /** Defines a domain, or changes the definition of the one with the same UUID. Does not start it. */
  async define(xml: string, {flags, signal}: FlagOptions<DefineFlag> = {}): Promise<Domain> {
    const {dom} = await this.#link.call(
      'DOMAIN_DEFINE_XML_FLAGS',
      {xml, flags: flagBits(defineFlags, flags)},
      {signal},
    );
    return new Domain(this.#link, dom);
  }

  /** Starts a domain that is gone when it stops. */
  async create(xml: string, {flags, signal}: FlagOptions<CreateFlag> = {}): Promise<Domain> {
    const {dom} = await this.#link.call(
      'DOMAIN_CREATE_XML',
      {xmlDesc: xml, flags: flagBits(createFlags, flags)},
      {signal},
    );
    return new Domain(this.#link, dom);
  }

  /** Goes on from a file that `Domain.save` wrote. libvirt 8.4 or later. */
  async restore(
    path: string,
    {xml, flags, signal}: FlagOptions<SaveFlag> & {readonly xml?: string | undefined} = {},
  ): Promise<void> {
    const params = [
      {field: 'file', type: 'string', value: path} as const,
      ...(xml === undefined ? [] : [{field: 'dxml', type: 'string', value: xml} as const]),
    ];
    await this.#link.call('DOMAIN_RESTORE_PARAMS', {params, flags: flagBits(saveFlags, flags)}, {signal});
  }

  /**
   * Figures of many domains by one call: much quicker than asking each. All groups and all domains by default.
   *
   *     await connection.domains.stats({groups: ['state', 'block'], flags: ['active', 'nowait']})
   */
  async stats({
    groups,
    domains = [],
    flags,
    signal,
  }: FlagOptions<StatsFlag> & {
    readonly groups?: readonly StatsGroup[] | undefined;
    readonly domains?: readonly Domain[] | undefined;
  } = {}): Promise<DomainStats[]> {
    const {retStats} = await this.#link.call(
      'CONNECT_GET_ALL_DOMAIN_STATS',
      {
        doms: domains.map(({ref}) => ref),
        stats: flagBits(statsGroups, groups),
        flags: flagBits(statsFlags, flags),
      },
      {signal},
    );
    return retStats.map(({dom, params}) => Object.assign(domainFigures(params), {domain: new Domain(this.#link, dom)}));
  }
}
