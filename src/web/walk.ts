// The neighbours of a sample in the list it was reached from.
import { useEffect, useMemo } from 'react';
import type { JudgmentItem } from '../answers.js';
import { type Filters, judgmentsPath } from './filters.js';
import { listOf, useList } from './list.js';
import { samplesOf } from './sample.js';

/** Reached by a link from elsewhere, a judgment is looked for among this many; further down only its list finds it. */
const FAR = 2000;

/** The samples before and after the one that holds a judgment; null at the ends, and while it is looked for. */
export function useWalk(runId: string, filters: Filters, id: string): { before: string | null; after: string | null } {
  const path = judgmentsPath(runId, filters);
  const list = useMemo(() => listOf<JudgmentItem>(path), [path]);
  useEffect(() => {
    list.at = id;
  }, [list, id]);
  const { items, cursor, problem } = useList(list);
  const samples = useMemo(() => samplesOf(items), [items]);
  const at = samples.findIndex(({ judgments }) => judgments.some((j) => j.id === id));
  const wanted = at < 0 ? items.length < FAR : at >= samples.length - 2;
  useEffect(() => {
    if (wanted && cursor !== null && problem === null) void list.more();
  }, [wanted, cursor, problem, list]);
  return {
    before: at < 1 ? null : samples[at - 1]!.judgments[0].id,
    after: at < 0 ? null : (samples[at + 1]?.judgments[0].id ?? null),
  };
}
