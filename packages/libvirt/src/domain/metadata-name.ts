/** What kinds of metadata a domain has, each at libvirt's number. */
export const metadataTypes = ['description', 'title', 'element'] as const;

/** `'title'`, `'description'`, or the namespace of a metadata element. */
export type MetadataName = 'title' | 'description' | {readonly uri: string};

/** How the wire names it. */
export function metadataTarget(name: MetadataName): {type: number; uri: string | null} {
  return typeof name === 'string'
    ? {type: metadataTypes.indexOf(name), uri: null}
    : {type: metadataTypes.indexOf('element'), uri: name.uri};
}
