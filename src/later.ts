// What only the end of a run needs is not waited for at its beginning; and it is in memory long before the end, when the
// program's files may be those of another version.

/** Between the start and the loading of what is needed later, in ms. */
const DELAY = 1000;

export interface Later<T> {
  /** What is loaded, at once if it is not there yet. */
  now(): Promise<T>;
  /** Nobody will ask. */
  drop(): void;
}

/** Something that is loaded a second from now, or when first asked for; a process ends without waiting for it. */
export function later<T>(load: () => Promise<T>): Later<T> {
  let loading: Promise<T> | null = null;
  const now = (): Promise<T> => (loading ??= load());
  // Who asks is told why it failed.
  const timer = setTimeout(() => void now().catch(() => undefined), DELAY).unref();
  return { now, drop: () => clearTimeout(timer) };
}
