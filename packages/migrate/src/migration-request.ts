/** What the operator wants moved, and what dr.yaml says of the way. Plain data. */
export interface MigrationRequest {
  readonly from: string;
  readonly to: string;
  /** Names or UUIDs. Default: every domain of the source. */
  readonly domains?: readonly string[];
  /** `auto`: running domains live, the others offline. Default. */
  readonly mode?: 'auto' | 'live' | 'offline';
  /**
   * Who drives a live move. `daemons`: the source's libvirtd talks to the target's. `client`: dr talks to both
   * (`--managed`). `auto`: the daemons, and dr itself when they cannot reach each other. Default.
   */
  readonly through?: 'auto' | 'daemons' | 'client';
  readonly route: MigrationRoute;
  readonly lanes?: MigrationLanes;
  /** The service that each domain belongs to, by the domain's name: to be shown together. */
  readonly services?: Readonly<Record<string, string>>;
  /** `skip`: leave out domains that something stands in the way of, and move the rest. Default `refuse`. */
  readonly blocked?: 'refuse' | 'skip';
  /** Default `keep`: the source's disk files stay, marked, until `dr clean`. */
  readonly sourceDisks?: 'keep' | 'delete';
  /** Disks that the target kept when this very domain left it: `refuse` (default) to overwrite them, or `replace` them. */
  readonly keptDisks?: 'refuse' | 'replace';
  /** Names of domains whose claims, as they are now, the operator declares void. */
  readonly breakClaims?: readonly string[];
  readonly bandwidthMibPerSecond?: number;
  readonly downtimeMsMax?: number;
  readonly autoConverge?: 'on' | 'off';
  /** `stop` (default): after a failure nothing more is started. `go-on`: the other domains still move. */
  readonly afterFailure?: 'stop' | 'go-on';
}

/** Lanes beyond those that every move holds on its hosts and the link between them. */
export interface MigrationLanes {
  /** `pool:HOST/POOL`, by libvirt's names: pools with disks of their own. Their streams do not hold the host's disk. */
  readonly pools?: readonly string[];
  /** One that all moves hold. */
  readonly together?: string;
  /** What one stream may carry on a lane, in bytes per second. */
  readonly bytesPerSecond?: Readonly<Record<string, number>>;
}

export interface MigrationRoute {
  /** The target as the source's libvirtd reaches it. */
  readonly targetUri: string;
  /** Where the source's hypervisor sends memory and disks, when the target's own host name does not do: `tcp://10.0.0.2`. */
  readonly migrateUri?: string;
  /** Network or bridge of the source to that of the target. What is not named keeps its name. */
  readonly networks?: Readonly<Record<string, string>>;
  /** Pool of the source to pool of the target. What is not named keeps its name, or its path where there is no such pool. */
  readonly pools?: Readonly<Record<string, string>>;
  /** Pools of the source whose files the target sees too, as dr.yaml says; each move proves it before it relies on it. */
  readonly sharedPools?: readonly string[];
}
