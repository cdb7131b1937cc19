/** That it cannot be told whether a place is free, and what to do. */
export function placeUnread(path: string, host: string, why: string): readonly [message: string, remedy: string] {
  return [`Whether ${path} is free on ${host} cannot be told: ${why}`, `See what is wrong with its folder on ${host}`];
}
