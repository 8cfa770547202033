// One record of somebody else's file, read field by field: what is absent is null, what has the wrong type is an error
// with file, line and field.
import { DoubleblindError, type Place } from '../errors.js';
import { storable } from '../hash.js';

export class Fields {
  constructor(
    private readonly record: Record<string, unknown>,
    readonly place: Place,
    /** CSV: every value is text, an empty cell is absent. */
    readonly cells = false,
  ) {}

  /** Names of the fields, in the order of the file. */
  get names(): string[] {
    return Object.keys(this.record);
  }

  /** The value as it stands; null where it is absent. */
  value(name: string): unknown {
    // Own fields only: a record may lack "constructor", but every object inherits one.
    const value = Object.hasOwn(this.record, name) ? this.record[name] : null;
    return value === undefined || (this.cells && value === '') ? null : value;
  }

  /** The whole record, its texts as they can be stored. */
  storable(): Record<string, unknown> {
    const changed: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.record)) {
      if (typeof value === 'string' && storable(value) !== value) changed[name] = storable(value);
    }
    return Object.keys(changed).length === 0 ? this.record : { ...this.record, ...changed };
  }

  has(name: string): boolean {
    return this.value(name) !== null;
  }

  /** The field exists, even where its value is null. */
  knows(name: string): boolean {
    return Object.hasOwn(this.record, name);
  }

  /** Text, or null where it is absent. @throws INVALID_VALUE for any other type */
  text(name: string): string | null {
    const value = this.value(name);
    if (value !== null && typeof value !== 'string') throw this.wrong(name, 'must be text');
    return value === null ? null : storable(value);
  }

  /** Text that must be there. @throws INVALID_VALUE */
  need(name: string): string {
    const value = this.text(name);
    if (value === null) throw this.wrong(name, 'is missing');
    return value;
  }

  /** An identifier: text or a whole number, as text. @throws INVALID_VALUE */
  id(name: string): string | null {
    const value = this.value(name);
    if (value === null) return null;
    if (typeof value === 'string') return storable(value);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    throw this.wrong(name, 'must be text or a whole number');
  }

  /** An identifier that must be there. @throws INVALID_VALUE */
  needId(name: string): string {
    const value = this.id(name);
    if (value === null) throw this.wrong(name, 'is missing');
    return value;
  }

  /** A finite number (a CSV cell may spell one), or null where it is absent. @throws INVALID_VALUE */
  number(name: string): number | null {
    const value = this.value(name);
    if (value === null) return null;
    const number = this.cells && typeof value === 'string' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw this.wrong(name, 'must be a finite number');
    return number;
  }

  /** A list, or null where it is absent. @throws INVALID_VALUE */
  list(name: string): unknown[] | null {
    const value = this.value(name);
    if (value === null || Array.isArray(value)) return value;
    throw this.wrong(name, 'must be a list');
  }

  /** A nested record, or null where it is absent. @throws INVALID_VALUE */
  object(name: string): Fields | null {
    return this.nested(name, this.value(name));
  }

  /** The records of a list, null items kept. @throws INVALID_VALUE */
  objects(name: string): (Fields | null)[] | null {
    return this.list(name)?.map((item, i) => this.nested(`${name}[${i}]`, item ?? null)) ?? null;
  }

  /** Those of the named fields that are text, numbers or truth values; for `extras`. */
  scalars(names: readonly string[]): Record<string, string | number | boolean> {
    const found: Record<string, string | number | boolean> = {};
    for (const name of names) {
      const value = this.value(name);
      const kept = typeof value === 'number' ? Number.isFinite(value) : ['string', 'boolean'].includes(typeof value);
      if (kept) found[name] = value as string | number | boolean;
    }
    return found;
  }

  /** The error for a field that breaks a rule, to be thrown. */
  wrong(name: string, rule: string, hint?: string): DoubleblindError {
    const value = this.value(name);
    const found =
      value === null
        ? ''
        : `, found ${typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'a record') : JSON.stringify(value).slice(0, 80)}`;
    return new DoubleblindError('INVALID_VALUE', `"${name}" ${rule}${found}`, { ...this.place, hint });
  }

  private nested(name: string, value: unknown): Fields | null {
    if (value === null) return null;
    if (typeof value !== 'object' || Array.isArray(value))
      throw new DoubleblindError('INVALID_VALUE', `"${name}" must be a record`, this.place);
    return new Fields(value as Record<string, unknown>, this.place);
  }
}
