/** Bandwidth caps as data, in bytes per second. */
export interface BandwidthCaps {
  /** For every stream, whatever its lanes. */
  readonly perStream?: number;
  /** For all streams of a lane together. */
  readonly perLane?: Readonly<Record<string, number>>;
}

/**
 * What one stream may take: an equal share of the tightest of its lanes, and never more than `perStream`. `streamsOn`
 * counts the streams of a lane that run now, this one among them. Undefined means no cap.
 */
export function bandwidthOf(
  lanes: readonly string[],
  {perStream, perLane = {}}: BandwidthCaps,
  streamsOn: (lane: string) => number = () => 1,
): number | undefined {
  const shares = lanes.flatMap(lane => {
    const cap = perLane[lane];
    return cap === undefined ? [] : [cap / Math.max(1, streamsOn(lane))];
  });
  if (perStream !== undefined) shares.push(perStream);
  return shares.length === 0 ? undefined : Math.floor(Math.min(...shares));
}
