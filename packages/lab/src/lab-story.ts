/** Hosts and guests of a lab when nobody asks for others. */
export const storyHosts = ['sunjammer', 'newhost'] as const;
export const guestsByDefault = 6;

const storyGuests = ['aslo-proxy', 'aslo-web1', 'aslo-web2', 'aslo-db', 'wiki', 'lists', 'dns', 'git'] as const;

/** The first `count` guests by name; past the story's eight they are numbered. */
export function guestNames(count: number): readonly string[] {
  return Array.from({length: count}, (_, position) => storyGuests[position] ?? `guest${position + 1}`);
}
