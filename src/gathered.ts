// Bytes that are gathered in one place before they are written, which is used again and again.

/** Bytes that a UTF-16 unit takes in UTF-8 at most. */
const WIDEST = 3;

export class Gathered {
  private place: Buffer;
  /** How many bytes are gathered. */
  length = 0;

  constructor(size: number) {
    this.place = Buffer.allocUnsafe(size);
  }

  /** Adds a text as UTF-8. */
  text(text: string): void {
    this.room(WIDEST * text.length);
    this.length += this.place.write(text, this.length);
  }

  /** Adds `size` bytes that `read` puts into a buffer from a place on. */
  bytes(size: number, read: (into: Buffer, at: number) => void): void {
    this.room(size);
    read(this.place, this.length);
    this.length += size;
  }

  /** What is gathered, until something is added again. */
  take(): Buffer {
    const taken = this.place.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  private room(more: number): void {
    if (this.length + more <= this.place.length) return;
    const wider = Buffer.allocUnsafe(2 * (this.length + more));
    this.place.copy(wider, 0, 0, this.length);
    this.place = wider;
  }
}
