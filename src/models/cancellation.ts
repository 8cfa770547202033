// Cancelling many short calls with one long-lived signal. The SDKs leave a listener on every signal they get, and a run's
// signal lives as long as the run, so each call gets a signal of its own and the run's signal one listener.

export class Cancellation {
  private readonly under = new WeakMap<AbortSignal, Set<AbortController>>();

  /** Does something under a signal of its own that is aborted with `signal`. @throws the signal's reason when it already is */
  async within<T>(signal: AbortSignal | undefined, work: (own?: AbortSignal) => Promise<T>): Promise<T> {
    if (signal === undefined) return work();
    signal.throwIfAborted();
    const own = new AbortController();
    const all = this.all(signal);
    all.add(own);
    try {
      return await work(own.signal);
    } finally {
      all.delete(own);
    }
  }

  private all(signal: AbortSignal): Set<AbortController> {
    let all = this.under.get(signal);
    if (all === undefined) {
      const controllers = (all = new Set<AbortController>());
      this.under.set(signal, controllers);
      signal.addEventListener('abort', () => controllers.forEach((one) => one.abort(signal.reason)), { once: true });
    }
    return all;
  }
}
