import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits, nameOf} from '../flags.ts';
import type {DomainRef} from '../wire/schema.ts';
import {paramValues, typedParams, type TypedValue} from '../wire/typed-param.ts';
import {blockJobTypes, type BlockJob} from './block-job.ts';
import {
  blockCommitFlags,
  blockCopyFlags,
  blockJobAbortFlags,
  blockRebaseFlags,
  affectFlags,
  type AffectFlag,
  type BlockCommitFlag,
  type BlockCopyFlag,
  type BlockJobAbortFlag,
  type BlockRebaseFlag,
} from './domain-flags.ts';

const jobInfoInBytes = 1;
const speedInBytes = 1;
const commitBandwidthInBytes = 16;
const rebaseBandwidthInBytes = 64;
const resizeInBytes = 1;
const stringParamsOkay = 4;

const copyParams = {bandwidth: 'ullong', granularity: 'uint', 'buf-size': 'ullong'} as const;

export interface BlockJobOptions extends CallOptions {
  /** 0 or absent is unlimited. */
  readonly bytesPerSecondMax?: number | undefined;
}

/** One disk of a domain: its sizes, figures and block jobs. */
export class DomainDisk {
  /** How the domain names it: the target, as in `vda`, or the path of its source. */
  readonly target: string;
  readonly #link: DaemonLink;
  readonly #dom: DomainRef;

  constructor(link: DaemonLink, dom: DomainRef, target: string) {
    this.#link = link;
    this.#dom = dom;
    this.target = target;
  }

  /** Sizes in bytes: what the guest sees, what is in use, what the file or device takes. */
  async info(options: CallOptions = {}): Promise<{capacity: number; allocation: number; physical: number}> {
    const sizes = await this.#link.call('DOMAIN_GET_BLOCK_INFO', {dom: this.#dom, path: this.target}, options);
    return {
      capacity: Number(sizes.capacity),
      allocation: Number(sizes.allocation),
      physical: Number(sizes.physical),
    };
  }

  /** What was read and written since the domain was started, by libvirt's names (`rd_bytes`, `wr_operations`, ...). */
  async stats(options: CallOptions = {}): Promise<Record<string, TypedValue>> {
    const disk = {dom: this.#dom, path: this.target, flags: stringParamsOkay};
    const {nparams} = await this.#link.call('DOMAIN_BLOCK_STATS_FLAGS', {...disk, nparams: 0}, options);
    const {params} = await this.#link.call('DOMAIN_BLOCK_STATS_FLAGS', {...disk, nparams}, options);
    return paramValues(params);
  }

  /** The job that runs on this disk, if any. */
  async job(options: CallOptions = {}): Promise<BlockJob | undefined> {
    const {found, type, bandwidth, cur, end} = await this.#link.call(
      'DOMAIN_GET_BLOCK_JOB_INFO',
      {dom: this.#dom, path: this.target, flags: jobInfoInBytes},
      options,
    );
    return found === 0
      ? undefined
      : {
          type: nameOf(blockJobTypes, type),
          bytesPerSecondMax: Number(bandwidth),
          current: Number(cur),
          end: Number(end),
        };
  }

  /**
   * Starts to copy the disk to where `destination` says, a `<disk>` element with the new source. When the job is ready,
   * `abortJob({flags: ['pivot']})` switches over, and a plain `abortJob()` leaves the copy as it is then.
   */
  async copy(
    destination: string,
    {
      flags,
      bytesPerSecondMax,
      granularityBytes,
      bufferBytes,
      signal,
    }: BlockJobOptions &
      FlagOptions<BlockCopyFlag> & {
        readonly granularityBytes?: number | undefined;
        readonly bufferBytes?: number | undefined;
      } = {},
  ): Promise<void> {
    const params = typedParams(copyParams, {
      bandwidth: bytesPerSecondMax,
      granularity: granularityBytes,
      'buf-size': bufferBytes,
    });
    await this.#link.call(
      'DOMAIN_BLOCK_COPY',
      {dom: this.#dom, path: this.target, destxml: destination, params, flags: flagBits(blockCopyFlags, flags)},
      {signal},
    );
  }

  /** Starts to merge the images from `top` down to `base` into `base`. Without names: all of the chain. */
  async commit({
    base,
    top,
    flags,
    bytesPerSecondMax = 0,
    signal,
  }: BlockJobOptions &
    FlagOptions<BlockCommitFlag> & {
      readonly base?: string | undefined;
      readonly top?: string | undefined;
    } = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_BLOCK_COMMIT',
      {
        dom: this.#dom,
        disk: this.target,
        base,
        top,
        bandwidth: bytesPerSecondMax,
        flags: flagBits(blockCommitFlags, flags) | commitBandwidthInBytes,
      },
      {signal},
    );
  }

  /** Starts to pull all backing images into the active one. */
  async pull({bytesPerSecondMax = 0, signal}: BlockJobOptions = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_BLOCK_PULL',
      {dom: this.#dom, path: this.target, bandwidth: bytesPerSecondMax, flags: rebaseBandwidthInBytes},
      {signal},
    );
  }

  /** Starts to pull the backing images above `base` into the active one. */
  async rebase({
    base,
    flags,
    bytesPerSecondMax = 0,
    signal,
  }: BlockJobOptions &
    FlagOptions<BlockRebaseFlag> & {
      readonly base?: string | undefined;
    } = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_BLOCK_REBASE',
      {
        dom: this.#dom,
        path: this.target,
        base,
        bandwidth: bytesPerSecondMax,
        flags: flagBits(blockRebaseFlags, flags) | rebaseBandwidthInBytes,
      },
      {signal},
    );
  }

  /** Ends the job: gives up its result, or takes it over with `pivot`. Waits for the end unless `async` is named. */
  async abortJob({flags, signal}: FlagOptions<BlockJobAbortFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_BLOCK_JOB_ABORT',
      {dom: this.#dom, path: this.target, flags: flagBits(blockJobAbortFlags, flags)},
      {signal},
    );
  }

  /** Limits the job that runs; 0 lifts the limit. */
  async setJobSpeed(bytesPerSecondMax: number, options: CallOptions = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_BLOCK_JOB_SET_SPEED',
      {dom: this.#dom, path: this.target, bandwidth: bytesPerSecondMax, flags: speedInBytes},
      options,
    );
  }

  /** Grows or shrinks the disk of a running domain to so many bytes. */
  async resize(bytes: number, options: CallOptions = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_BLOCK_RESIZE',
      {dom: this.#dom, disk: this.target, size: bytes, flags: resizeInBytes},
      options,
    );
  }

  /** Limits on what the guest may do with the disk, by libvirt's names (`total_bytes_sec`, `read_iops_sec`, ...). */
  async ioTune(options: CallOptions = {}): Promise<Record<string, TypedValue>> {
    const disk = {dom: this.#dom, disk: this.target, flags: stringParamsOkay};
    const {nparams} = await this.#link.call('DOMAIN_GET_BLOCK_IO_TUNE', {...disk, nparams: 0}, options);
    const {params} = await this.#link.call('DOMAIN_GET_BLOCK_IO_TUNE', {...disk, nparams}, options);
    return paramValues(params);
  }

  /** Sets such limits; 0 lifts one. */
  async setIoTune(
    limits: Readonly<Record<string, number>>,
    {flags, signal}: FlagOptions<AffectFlag> = {},
  ): Promise<void> {
    const params = Object.entries(limits).map(([field, value]) => ({field, type: 'ullong', value}) as const);
    await this.#link.call(
      'DOMAIN_SET_BLOCK_IO_TUNE',
      {dom: this.#dom, disk: this.target, params, flags: flagBits(affectFlags, flags)},
      {signal},
    );
  }

  /** Asks for a `block-threshold` event once the guest has written beyond so many bytes of the image. */
  async setThreshold(bytes: number, options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_SET_BLOCK_THRESHOLD', {dom: this.#dom, dev: this.target, threshold: bytes}, options);
  }
}
