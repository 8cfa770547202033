// Work that goes on side by side: how much there is, room for more, and the end of all of it.

/** A piece of work, while it goes on. */
export interface Piece {
  /** From now on it waits for a laggard: it no longer keeps others from beginning. @param weight how much it holds, 1 or more */
  hold(weight: number): void;
}

export class UnderWay {
  /** How much is under way. */
  count = 0;
  /** How many of these only wait for a laggard, and what they weigh together. */
  private held = { count: 0, weight: 0 };
  private wake: (() => void) | null = null;

  /** @param onError told of what a piece of work throws */
  constructor(private readonly onError: (error: unknown) => void) {}

  /**
   * Resolves when less than `most` is under way, or when it is `over` at an end of some work. What is held does not
   * count, up to a weight of `mostHeld`.
   */
  async below(most: number, over: () => boolean, mostHeld = 0): Promise<void> {
    const full = (): boolean => {
      const { count, weight } = this.held;
      return this.count - (weight <= mostHeld ? count : 0) >= most;
    };
    while (full() && !over()) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  track(work: (piece: Piece) => Promise<void>): void {
    this.count++;
    let own = 0;
    const hold = (weight: number): void => {
      if (own > 0) return;
      own = weight;
      this.held.count++;
      this.held.weight += own;
      this.look();
    };
    void work({ hold })
      .catch((error: unknown) => this.onError(error))
      .finally(() => {
        this.count--;
        if (own > 0) this.held.count--;
        this.held.weight -= own;
        this.look();
      });
  }

  /** Resolves when nothing is under way. */
  drained(): Promise<void> {
    return this.below(1, () => false);
  }

  private look(): void {
    this.wake?.();
    this.wake = null;
  }
}
