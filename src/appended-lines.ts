// A file of lines that is appended to while a run goes. It knows where the line of each record stands, so that the file
// can be put in order at the end without making every line a second time.
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { DoubleblindError } from './errors.js';
import { Gathered } from './gathered.js';

/** Bytes gathered before they are written: a turn's lines, unless their texts are long. */
const MOST = 1 << 20;

export class AppendedLines {
  private readonly file: number;
  private readonly gathered = new Gathered(1 << 16);
  /** Numbers of lines by id of their record; null once a line may differ from what the store holds. */
  private numbers: Map<string, number> | null;
  /** Where each line begins, and in the end where the file ends. */
  private readonly starts = [0];

  /** Lines that stand in the file before are not known. */
  constructor(private readonly path: string) {
    this.file = openSync(path, 'a+');
    this.numbers = fstatSync(this.file).size === 0 ? new Map() : null;
  }

  /** Whole lines in a write; what a full disk refuses is thrown here and not in a stream nobody listens to. */
  append<T extends { id: string }>(records: readonly T[], lineOf: (record: T) => string): void {
    for (const record of records) {
      const line = lineOf(record);
      const before = this.gathered.length;
      this.gathered.text(line);
      this.gathered.text('\n');
      this.remember(record.id, line, this.gathered.length - before);
      if (this.gathered.length >= MOST) this.write();
    }
    this.write();
  }

  /**
   * Numbers of the lines of records, in the order of these; null where one of them is not known to be, byte for byte,
   * what would be written of the stored record.
   */
  async inOrder(records: AsyncIterable<{ id: string }>): Promise<number[] | null> {
    if (this.numbers === null || fstatSync(this.file).size !== this.starts.at(-1)) return null;
    const numbers: number[] = [];
    for await (const { id } of records) {
      const number = this.numbers.get(id);
      if (number === undefined) return null;
      numbers.push(number);
    }
    return numbers;
  }

  /** Adds a line with its line break to what is gathered elsewhere. */
  copy(number: number, to: Gathered): void {
    const start = this.starts[number]!;
    const size = this.starts[number + 1]! - start;
    to.bytes(size, (into, at) => {
      for (let done = 0; done < size;) {
        const read = readSync(this.file, into, at + done, size - done, start + done);
        if (read === 0)
          throw new DoubleblindError('FILE_UNREADABLE', 'became shorter while it was read.', { file: this.path });
        done += read;
      }
    });
  }

  close(): void {
    closeSync(this.file);
  }

  private write(): void {
    const bytes = this.gathered.take();
    for (let from = 0; from < bytes.length;) from += writeSync(this.file, bytes, from);
  }

  private remember(id: string, line: string, size: number): void {
    if (this.numbers === null) return;
    // A second line of a record adds to what the first one said; half of a character is stored as another one.
    if (this.numbers.has(id) || line.includes('\\ud')) this.numbers = null;
    else this.numbers.set(id, this.starts.length - 1);
    this.starts.push(this.starts.at(-1)! + size);
  }
}
