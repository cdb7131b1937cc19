import type {CallOptions, DaemonLink} from '../daemon-link.ts';
import {flagBits, type FlagOf} from '../flags.ts';
import type {DomainRef} from '../wire/schema.ts';
import {paramValues, type TypedValue} from '../wire/typed-param.ts';

export const guestInfoTypes = {
  users: 1,
  os: 2,
  timezone: 4,
  hostname: 8,
  filesystem: 16,
  disks: 32,
  interfaces: 64,
} as const;
export type GuestInfoType = FlagOf<typeof guestInfoTypes>;

const hostnameFromAgent = 2;
const timeFromClock = 1;
const waitForever = -2;
const usualWait = -1;

export interface AgentCommandOptions extends CallOptions {
  /** How long the daemon waits for the agent, in whole seconds. Default: the daemon's own 5 s. `Infinity` is allowed. */
  readonly timeoutSeconds?: number | undefined;
}

/** A filesystem that is mounted in the guest. */
export interface GuestFilesystem {
  readonly mountpoint: string;
  /** The guest's device, as in `vda1`. */
  readonly name: string;
  readonly type: string;
  /** The domain's disks it lies on, as in `vda`. */
  readonly disks: readonly string[];
}

/**
 * What qemu-guest-agent does inside a guest. Where no agent answers, every call is refused with `AGENT_UNRESPONSIVE`. A
 * freeze that was cancelled may have frozen the guest all the same: thaw with a signal of its own.
 */
export class GuestAgent {
  readonly #link: Pick<DaemonLink, 'call'>;
  readonly #dom: DomainRef;

  constructor(link: Pick<DaemonLink, 'call'>, dom: DomainRef) {
    this.#link = link;
    this.#dom = dom;
  }

  /** Sends a command such as `{execute: 'guest-ping'}` and returns what the agent returned. */
  async command(command: object, {timeoutSeconds, signal}: AgentCommandOptions = {}): Promise<unknown> {
    const timeout =
      timeoutSeconds === undefined ? usualWait : Number.isFinite(timeoutSeconds) ? timeoutSeconds : waitForever;
    const {result} = await this.#link.call(
      'DOMAIN_AGENT_COMMAND',
      {dom: this.#dom, cmd: JSON.stringify(command), timeout},
      {signal},
    );
    const answer = JSON.parse(result ?? '{}') as {readonly return?: unknown};
    return answer.return;
  }

  /** How long the daemon waits for the agent in all calls but `command`, in whole seconds. */
  async setTimeout(seconds: number, options: CallOptions = {}): Promise<void> {
    const timeout = Number.isFinite(seconds) ? seconds : waitForever;
    await this.#link.call('DOMAIN_AGENT_SET_RESPONSE_TIMEOUT', {dom: this.#dom, timeout}, options);
  }

  /** Flushes and freezes filesystems, all by default; returns how many. */
  async fsfreeze(mountpoints: readonly string[] = [], options: CallOptions = {}): Promise<number> {
    const {filesystems} = await this.#link.call('DOMAIN_FSFREEZE', {dom: this.#dom, mountpoints}, options);
    return filesystems;
  }

  /** Lets filesystems go on, all by default; returns how many. */
  async fsthaw(mountpoints: readonly string[] = [], options: CallOptions = {}): Promise<number> {
    const {filesystems} = await this.#link.call('DOMAIN_FSTHAW', {dom: this.#dom, mountpoints}, options);
    return filesystems;
  }

  /** Gives unused blocks back to the storage. */
  async fstrim({
    mountpoint,
    minimumBytes = 0,
    signal,
  }: CallOptions & {readonly mountpoint?: string; readonly minimumBytes?: number} = {}): Promise<void> {
    await this.#link.call('DOMAIN_FSTRIM', {dom: this.#dom, mountPoint: mountpoint, minimum: minimumBytes}, {signal});
  }

  async filesystems(options: CallOptions = {}): Promise<GuestFilesystem[]> {
    const {info} = await this.#link.call('DOMAIN_GET_FSINFO', {dom: this.#dom}, options);
    return info.map(({mountpoint, name, fstype, devAliases}) => ({
      mountpoint,
      name,
      type: fstype,
      disks: devAliases,
    }));
  }

  /** Facts about the guest, by libvirt's names (`os.id`, `user.0.name`, ...). All that the agent knows by default. */
  async info(types: readonly GuestInfoType[] = [], options: CallOptions = {}): Promise<Record<string, TypedValue>> {
    const bits = flagBits(guestInfoTypes, types);
    const {params} = await this.#link.call('DOMAIN_GET_GUEST_INFO', {dom: this.#dom, types: bits}, options);
    return paramValues(params);
  }

  async hostname(options: CallOptions = {}): Promise<string> {
    const {hostname} = await this.#link.call(
      'DOMAIN_GET_HOSTNAME',
      {dom: this.#dom, flags: hostnameFromAgent},
      options,
    );
    return hostname;
  }

  /** The guest's clock, to the millisecond. */
  async time(options: CallOptions = {}): Promise<Date> {
    const {seconds, nseconds} = await this.#link.call('DOMAIN_GET_TIME', {dom: this.#dom}, options);
    return new Date(Number(seconds) * 1000 + Math.floor(nseconds / 1_000_000));
  }

  /** Sets the guest's clock; `'sync'` takes it from the guest's hardware clock, as is wanted after a long pause. */
  async setTime(time: Date | 'sync', options: CallOptions = {}): Promise<void> {
    const ms = time === 'sync' ? 0 : time.getTime();
    const seconds = Math.floor(ms / 1000);
    await this.#link.call(
      'DOMAIN_SET_TIME',
      {
        dom: this.#dom,
        seconds,
        nseconds: (ms - seconds * 1000) * 1_000_000,
        flags: time === 'sync' ? timeFromClock : 0,
      },
      options,
    );
  }

  async setPassword(user: string, password: string, options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_SET_USER_PASSWORD', {dom: this.#dom, user, password}, options);
  }
}
