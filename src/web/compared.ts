// How runs are named where they stand side by side, and where that is.
import type { RunItem } from '../answers.js';

/** Address of runs side by side, the first to be measured against. */
export const comparePath = (ids: readonly string[]): string =>
  `/compare?runs=${ids.map((id) => encodeURIComponent(id)).join(',')}`;

export const letterOf = (place: number): string => (place < 26 ? String.fromCharCode(65 + place) : `#${place + 1}`);

/** What a run is called where it can be chosen. */
export const runName = ({ candidate, baseline, id }: RunItem): string => `${candidate} against ${baseline}, ${id}`;
