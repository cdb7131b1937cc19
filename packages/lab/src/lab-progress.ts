/** What `up` and `down` tell while they work. */
export interface LabProgress {
  /** What it is about: a host or guest by name, `images`, `network`, `lab`. */
  readonly subject: string;
  readonly state: 'started' | 'note' | 'done';
  readonly message: string;
  /** How long it took, with `done`. */
  readonly elapsedMs?: number;
}

export type OnProgress = (progress: LabProgress) => void;

/** Does one thing and tells when it begins and ends. */
export async function told<Result>(
  onProgress: OnProgress | undefined,
  {subject, message, done = message}: {subject: string; message: string; done?: string},
  act: () => Promise<Result>,
): Promise<Result> {
  const startedAt = performance.now();
  onProgress?.({subject, state: 'started', message});
  const result = await act();
  onProgress?.({subject, state: 'done', message: done, elapsedMs: Math.round(performance.now() - startedAt)});
  return result;
}
