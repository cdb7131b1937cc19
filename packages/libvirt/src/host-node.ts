import type {CallOptions, DaemonLink} from './daemon-link.ts';

/** The machine a daemon runs on. */
export interface NodeInfo {
  /** The CPU, as in `x86_64`. */
  readonly model: string;
  readonly memoryKib: number;
  /** Logical CPUs: nodes x sockets x cores x threads. */
  readonly cpus: number;
  readonly mhz: number;
  readonly numaNodes: number;
  readonly socketsPerNode: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
}

const wholeNode = -1;

/** What the host itself has: CPUs, memory, devices. */
export class HostNode {
  readonly #link: DaemonLink;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  async info(options: CallOptions = {}): Promise<NodeInfo> {
    const info = await this.#link.call('NODE_GET_INFO', {}, options);
    return {
      model: info.model,
      memoryKib: Number(info.memory),
      cpus: info.cpus,
      mhz: info.mhz,
      numaNodes: info.nodes,
      socketsPerNode: info.sockets,
      coresPerSocket: info.cores,
      threadsPerCore: info.threads,
    };
  }

  async freeMemoryBytes(options: CallOptions = {}): Promise<number> {
    const {freeMem} = await this.#link.call('NODE_GET_FREE_MEMORY', {}, options);
    return Number(freeMem);
  }

  /** Free memory in bytes, by NUMA node. */
  async cellsFreeMemoryBytes(options: CallOptions = {}): Promise<number[]> {
    const {nodes} = await this.#link.call('NODE_GET_INFO', {}, options);
    const range = {startCell: 0, maxcells: nodes};
    const {cells} = await this.#link.call('NODE_GET_CELLS_FREE_MEMORY', range, options);
    return cells.map(Number);
  }

  /** Nanoseconds all CPUs have spent since boot, by kind: `kernel`, `user`, `idle`, `iowait`. */
  async cpuStatsNs(options: CallOptions = {}): Promise<Record<string, bigint>> {
    const cpu = {cpuNum: wholeNode, nparams: 0};
    const {nparams} = await this.#link.call('NODE_GET_CPU_STATS', cpu, options);
    const {params} = await this.#link.call('NODE_GET_CPU_STATS', {...cpu, nparams}, options);
    return Object.fromEntries(params.map(({field, value}) => [field, value]));
  }

  /** KiB by kind: `total`, `free`, `buffers`, `cached`. */
  async memoryStatsKib(options: CallOptions = {}): Promise<Record<string, number>> {
    const cell = {cellNum: wholeNode, nparams: 0};
    const {nparams} = await this.#link.call('NODE_GET_MEMORY_STATS', cell, options);
    const {params} = await this.#link.call('NODE_GET_MEMORY_STATS', {...cell, nparams}, options);
    return Object.fromEntries(params.map(({field, value}) => [field, Number(value)]));
  }

  /** The names of all devices, as in `pci_0000_00_02_0`. */
  async devices(options: CallOptions = {}): Promise<string[]> {
    const {devices} = await this.#link.call('CONNECT_LIST_ALL_NODE_DEVICES', {needResults: 1}, options);
    return devices.map(({name}) => name);
  }

  async deviceXml(name: string, options: CallOptions = {}): Promise<string> {
    const {xml} = await this.#link.call('NODE_DEVICE_GET_XML_DESC', {name}, options);
    return xml;
  }
}
