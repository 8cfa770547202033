// The samples of a run: a list of any length, what its filters leave, one judge on one comparison a row.
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { go, Link, useAddress } from './address.js';
import type { JudgmentItem, RunDetail } from '../answers.js';
import { FilterBar } from './filter-bar.js';
import { type Filters, judgmentPath, judgmentsPath, readFilters, samplesPath } from './filters.js';
import { useKeys } from './keys.js';
import { forget, listOf, useList } from './list.js';
import { Empty, Loading, Wrong } from './notice.js';
import { count } from './numbers.js';
import { useNarrow } from './picture.js';
import { RunHead } from './run-head.js';
import { isActive } from './run-state.js';
import { samplesOf } from './sample.js';
import { SampleRow } from './sample-row.js';
import { useAnswer } from './server.js';

// The same heights stand in styles/samples.css.
const ROW = 108;
const NARROW_ROW = 176;

export function SamplesScreen({ id }: { id: string }) {
  const { search } = useAddress();
  const filters = readFilters(search);
  const run = useAnswer<RunDetail>(`/api/runs/${encodeURIComponent(id)}`);
  const path = judgmentsPath(id, filters);
  useEffect(() => {
    // The first page is asked for together with the run, not after it.
    const list = listOf<JudgmentItem>(path);
    if (list.state.cursor === undefined) void list.more();
  }, [path]);
  if (run.value === null)
    return run.problem === null ? <Loading what="the run" /> : <Wrong screen problem={run.problem} again={run.again} />;
  return (
    <>
      <RunHead run={run.value} here="samples" />
      <FilterBar run={run.value} filters={filters} set={(next) => go(samplesPath(id, next), { replace: true })} />
      <Rows key={search} run={run.value} filters={filters} />
    </>
  );
}

function Rows({ run, filters }: { run: RunDetail; filters: Filters }) {
  const path = judgmentsPath(run.id, filters);
  const [turn, setTurn] = useState(0);
  // `turn` makes the list anew after it was forgotten.
  const list = useMemo(() => listOf<JudgmentItem>(path), [path, turn]);
  const { items, cursor, busy, problem } = useList(list);
  const samples = useMemo(() => samplesOf(items), [items]);
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const narrow = useNarrow();
  const [active, setActive] = useState(-1);
  useEffect(() => {
    // It stays so when the run ends while the reader is at one of its rows.
    if (isActive(run)) list.grew = true;
  }, [list, run]);

  useLayoutEffect(() => {
    setTop((frame.current?.getBoundingClientRect().top ?? 0) + scrollY);
  }, [samples.length === 0]);
  const rows = useWindowVirtualizer({
    count: samples.length,
    estimateSize: () => (narrow ? NARROW_ROW : ROW),
    overscan: 8,
    scrollMargin: top,
  });
  useEffect(() => {
    rows.measure();
  }, [narrow, rows]);

  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (problem === null && last >= samples.length - 30) void list.more();
  }, [list, last, samples.length, problem]);

  // The row that takes the focus as soon as it is on the screen.
  const wanted = useRef(-1);
  const open = (index: number, align: 'auto' | 'center') => {
    wanted.current = index;
    setActive(index);
    rows.scrollToIndex(index, { align });
  };
  const walk = (step: number) => open(Math.min(Math.max(active + step, 0), samples.length - 1), 'auto');
  useEffect(() => {
    if (wanted.current < 0) return;
    const link = frame.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"] a`);
    if (!link) return;
    link.focus({ preventScroll: true });
    wanted.current = -1;
  });

  // Back at the list, the reader stands at the sample that was open.
  useEffect(() => {
    const index = samples.findIndex(({ judgments }) => judgments.some(({ id }) => id === list.at));
    if (top === 0 || index < 0) return;
    list.at = null;
    open(index, 'center');
  }, [list, samples, top]);
  useKeys({ j: () => walk(1), k: () => walk(-1), ArrowDown: () => walk(1), ArrowUp: () => walk(-1) });

  if (samples.length === 0) {
    if (problem !== null) return <Wrong problem={problem} again={() => void list.more()} />;
    if (cursor !== null) return <Loading what="the samples" />;
    return Object.keys(filters).length === 0 ? (
      <Empty title="Nothing is judged yet." />
    ) : (
      <Empty title="No sample fits these filters.">
        <p>
          <Link href={samplesPath(run.id)}>All samples</Link>
        </p>
      </Empty>
    );
  }
  return (
    <>
      <p className="quiet count" role="status">
        {count(samples.length)} samples{cursor === null ? '' : ' so far, more as you go on'}. <kbd>j</kbd> <kbd>k</kbd>{' '}
        to walk, <kbd>Enter</kbd> to open.{' '}
        {(isActive(run) || list.grew) && (
          <button
            type="button"
            className="plain"
            onClick={() => {
              forget(path);
              setTurn(turn + 1);
            }}
          >
            show what landed since
          </button>
        )}
      </p>
      <div ref={frame}>
        <ol className="samples" style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const sample = samples[index]!;
            return (
              <li
                key={sample.key}
                data-index={index}
                aria-posinset={index + 1}
                aria-setsize={cursor === null ? samples.length : -1}
                style={{ transform: `translateY(${start - rows.options.scrollMargin}px)` }}
                onFocus={() => setActive(index)}
              >
                <SampleRow sample={sample} href={judgmentPath(sample.judgments[0].id, filters)} />
              </li>
            );
          })}
        </ol>
      </div>
      {problem !== null && <Wrong problem={problem} again={() => void list.more()} />}
      {busy && <Loading what="more samples" />}
    </>
  );
}
