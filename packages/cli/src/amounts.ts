const mib = 1024 ** 2;
const gib = 1024 ** 3;

/** `1.2 GiB`, `340 MiB`, `12 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes >= 1024 * gib) return `${(bytes / 1024 / gib).toFixed(1)} TiB`;
  if (bytes >= gib) return `${(bytes / gib).toFixed(1)} GiB`;
  if (bytes >= mib) return `${Math.round(bytes / mib)} MiB`;
  return bytes >= 1024 ? `${Math.round(bytes / 1024)} KiB` : `${bytes} B`;
}

/** Gibibytes with two digits, for a column that says GiB. */
export function gibText(bytes: number): string {
  return (bytes / gib).toFixed(2);
}

export function rateText(bytesPerSecond: number): string {
  const mibPerSecond = bytesPerSecond / mib;
  return `${mibPerSecond >= 10 ? Math.round(mibPerSecond) : mibPerSecond.toFixed(1)} MiB/s`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function timeText(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function percentText(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}

/** `1 domain`, `3 domains`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** A moment in UTC: `2026-11-22 12:00:00`. */
export function clockText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
