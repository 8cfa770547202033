// Work that goes on side by side: how much there is, room for more, and the end of all of it.

export class UnderWay {
  /** How much is under way. */
  count = 0;
  private wake: (() => void) | null = null;

  /** @param onError told of what a piece of work throws */
  constructor(private readonly onError: (error: unknown) => void) {}

  /** Resolves when less than `most` is under way, or when it is `over` at an end of some work. */
  async below(most: number, over: () => boolean): Promise<void> {
    while (this.count >= most && !over()) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  track(work: Promise<void>): void {
    this.count++;
    void work
      .catch((error: unknown) => this.onError(error))
      .finally(() => {
        this.count--;
        this.wake?.();
        this.wake = null;
      });
  }

  /** Resolves when nothing is under way. */
  drained(): Promise<void> {
    return this.below(1, () => false);
  }
}
