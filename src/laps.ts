// Who is asked about one prompt, and how often still: the first who is through with it leaves it to the others, who hold
// up nobody by it.
import type { Piece } from './under-way.js';

/** Prompts that are held for a judge or checkpoint that lags behind others, and what may be held of each at that. */
export const HELD = 256;
const HELD_CHARACTERS = 65_536;

export class Laps {
  /** Characters that are held for those who are not through. */
  characters = 0;
  private readonly left = new Map<string, number>();

  /** @param whose each as often as it is asked */
  constructor(
    whose: readonly string[],
    private readonly piece: Piece,
  ) {
    for (const who of whose) this.left.set(who, (this.left.get(who) ?? 0) + 1);
  }

  /** One question is answered. @param asked by a call: what was there already says nothing of who lags behind */
  done(who: string, asked: boolean): void {
    const left = this.left.get(who)! - 1;
    this.left.set(who, left);
    if (left === 0 && asked && this.left.size > 1) this.piece.hold(1 + this.characters / HELD_CHARACTERS);
  }
}
