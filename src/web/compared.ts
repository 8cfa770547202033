// What a run is called where it can be chosen, and where several stand side by side.
import type { RunItem } from '../answers.js';

/** Address of runs side by side, the first to be measured against. */
export const comparePath = (ids: readonly string[]): string =>
  `/compare?runs=${ids.map((id) => encodeURIComponent(id)).join(',')}`;

/** What a run is called where it can be chosen. */
export const runName = ({ candidate, baseline, id }: RunItem): string => `${candidate} against ${baseline}, ${id}`;
