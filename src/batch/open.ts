// An open batch: its row in the store, and what only the process that looks at it knows.
import type { BatchRow } from '../store/batches.js';

/** A batch with what only this process knows of it. */
export interface Open extends BatchRow {
  /** Looks that did not find its intent; batches it could be that have not ended. */
  misses: number;
  unclear: string[];
  /** Readings that ended too soon. */
  broken: number;
  cancelled: boolean;
  /** Made by an earlier process, which may have cancelled it. */
  found: boolean;
}

export function opened(row: BatchRow, found = false): Open {
  return { ...row, misses: 0, unclear: [], broken: 0, cancelled: false, found };
}

export function batchRow({ misses: _m, unclear: _u, broken: _b, cancelled: _c, found: _f, ...row }: Open): BatchRow {
  return row;
}

/** Unique over all batches of a unit, so that the results of an earlier one cannot be taken for a later one's. */
export function customId(id: string, batch: string): string {
  return `${id}-${batch}`;
}
