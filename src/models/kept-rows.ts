// The rows of an answer file, each under its number. Of a line of JSON only its place is kept, and it is read again when
// it is wanted: the texts of a large run would fill the memory. Places stand in columns, which take a fifth of what as
// many objects do.
import { crc32 } from 'node:zlib';
import { OpenFile } from '../bytes.js';
import { DoubleblindError } from '../errors.js';
import { type RecordedRow, rowOf } from './recorded-rows.js';

export class KeptRows {
  n = 0;
  private room = 1024;
  private lines = new Uint32Array(this.room);
  private starts = new Float64Array(this.room);
  private sizes = new Uint32Array(this.room);
  /** CRC-32 of each line. */
  private sums = new Uint32Array(this.room);
  /** CRC-32 of the prompt that a row states as our suites do, and whether it states one. */
  private prompts = new Uint32Array(this.room);
  private states = new Uint8Array(this.room);
  /** Rows that do not stand on a line of their own. */
  private readonly whole = new Map<number, RecordedRow>();

  private constructor(
    private readonly path: string,
    private readonly file: OpenFile,
  ) {}

  static async open(path: string): Promise<KeptRows> {
    return new KeptRows(path, await OpenFile.open(path));
  }

  /** Keeps a row; its number. */
  add(row: RecordedRow): number {
    const { line, stands, states_prompt, prompt } = row;
    if (this.n === this.room) this.enlarge();
    const number = this.n++;
    this.lines[number] = line;
    if (states_prompt) {
      this.prompts[number] = crc32(prompt!);
      this.states[number] = 1;
    }
    if (stands === null) this.whole.set(number, row);
    else {
      this.starts[number] = stands.at;
      this.sizes[number] = stands.size;
      this.sums[number] = crc32(stands.text);
    }
    return number;
  }

  private enlarge(): void {
    this.room *= 2;
    const larger = <T extends Uint8Array | Uint32Array | Float64Array>(column: T, wide: T): T => (
      wide.set(column),
      wide
    );
    this.lines = larger(this.lines, new Uint32Array(this.room));
    this.starts = larger(this.starts, new Float64Array(this.room));
    this.sizes = larger(this.sizes, new Uint32Array(this.room));
    this.sums = larger(this.sums, new Uint32Array(this.room));
    this.prompts = larger(this.prompts, new Uint32Array(this.room));
    this.states = larger(this.states, new Uint8Array(this.room));
  }

  line(number: number): number {
    return this.lines[number]!;
  }

  /** The CRC-32 of the prompt that a row states as our suites do; null where an id is all it says. */
  prompt(number: number): number | null {
    return this.states[number] === 1 ? this.prompts[number]! : null;
  }

  /** @throws FILE_CHANGED when its line is no longer what it was */
  row(number: number): RecordedRow {
    const whole = this.whole.get(number);
    if (whole !== undefined) return whole;
    const line = this.line(number);
    const text = this.file.text(this.starts[number]!, this.sizes[number]!);
    const row = crc32(text) === this.sums[number] ? rowOf(text, line, this.path) : undefined;
    if (row !== undefined) return row;
    const hint = 'Put back what it was, or begin again.';
    throw new DoubleblindError('FILE_CHANGED', 'changed while it was in use.', { file: this.path, line, hint });
  }
}
