// Whose was the time? A rented machine is paid by the hour while it answers several calls at once; each call's share of
// that hour is the time divided, at every moment, by the number of calls under way (processor sharing).

export class BusyTime {
  /** Calls under way. */
  active = 0;
  private last = 0;
  /** What a call that had been under way all along would have had, in ms. */
  private each = 0;

  /** Notes that a call begins; the mark to hand to `end`. */
  begin(now: number): number {
    this.advance(now);
    this.active++;
    return this.each;
  }

  /** The share, in ms, of the call that began with this mark and ends now. All shares add up to the time that was busy. */
  end(now: number, mark: number): number {
    this.advance(now);
    this.active--;
    return this.each - mark;
  }

  private advance(now: number): void {
    if (this.active > 0) this.each += (now - this.last) / this.active;
    this.last = now;
  }
}
