// The list of runs: what was compared, why, how far it is, and what was found per domain.
import { useEffect, useState } from 'react';
import type { Domain } from '../records.js';
import { go, Link, useAddress } from './address.js';
import type { RunDecision, RunItem } from '../answers.js';
import { DomainVerdict } from './decision.js';
import type { Page } from './list.js';
import { Empty, Loading, Wrong } from './notice.js';
import { counted, moment } from './numbers.js';
import { OfflineJudges } from './offline-judges.js';
import { ProgressLine } from './progress.js';
import { ask, asProblem, type Problem, useAnswer } from './server.js';
import { Title } from './title.js';
import { DOMAINS, PURPOSES, STATUSES } from '../words.js';
import { WorkersLine } from './workers.js';

const FIELDS = ['purpose', 'status', 'tag', 'q'] as const;
/** How often the list is read again while a run in it is under way, in milliseconds. */
const AGAIN_MS = 2000;

export function RunsScreen() {
  const { search } = useAddress();
  const query = new URLSearchParams(search);
  const asked = new URLSearchParams({ limit: '50' });
  for (const field of FIELDS) if (query.get(field)) asked.set(field, query.get(field)!);
  const filtered = asked.size > 1;
  const path = `/api/runs?${asked.toString()}`;
  const { value, problem, again } = useAnswer<Page<RunItem>>(path);
  const purpose = query.get('purpose');
  const own = [...(value?.items.map((run) => run.purpose) ?? []), ...(purpose === null ? [] : [purpose])];
  const purposes = [...new Set([...PURPOSES, ...own])];
  const active = value?.items.some((run) => run.status === 'running' || run.status === 'queued') ?? false;
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(again, AGAIN_MS);
    return () => {
      clearInterval(timer);
    };
  });

  const set = (field: string, to: string) => {
    const next = new URLSearchParams(search);
    if (to === '') next.delete(field);
    else next.set(field, to);
    go(next.size === 0 ? '/' : `/?${next.toString()}`, { replace: true });
  };

  return (
    <>
      <div className="bar">
        <Title name="Runs" />
        <WorkersLine at={value} />
      </div>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <Choice name="purpose" options={purposes} value={purpose} set={set} />
        <Choice name="status" options={STATUSES} value={query.get('status')} set={set} />
        <Field name="tag" hint="key or key=value" value={query.get('tag')} set={set} />
        <Field name="q" label="search" hint="name, checkpoint, id" value={query.get('q')} set={set} />
      </form>
      {problem !== null && value === null ? (
        <Wrong problem={problem} again={again} />
      ) : value === null ? (
        <Loading what="the runs" />
      ) : value.items.length === 0 ? (
        filtered ? (
          <Empty title="No run fits these filters.">
            <p>
              <Link href="/">All runs</Link>
            </p>
          </Empty>
        ) : (
          <Empty title="No run yet.">
            <p>
              <code>npx doubleblind demo</code> judges three small suites without a key;{' '}
              <code>npx doubleblind run run.yaml</code> judges yours. Started from this folder, they show here.
            </p>
          </Empty>
        )
      ) : (
        <>
          <RunRows runs={value.items} />
          <Further key={path} path={path} cursor={value.next_cursor} />
        </>
      )}
    </>
  );
}

interface FieldProps {
  name: string;
  value: string | null;
  set: (field: string, to: string) => void;
}

function Choice({ name, options, value, set }: FieldProps & { options: readonly string[] }) {
  return (
    <label>
      {name}
      <select value={value ?? ''} onChange={(event) => set(name, event.target.value)}>
        <option value="">any</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function Field({ name, label = name, hint, value, set }: FieldProps & { label?: string; hint: string }) {
  return (
    <label>
      {label}
      <input type="search" value={value ?? ''} placeholder={hint} onChange={(event) => set(name, event.target.value)} />
    </label>
  );
}

/** Older runs, a page at a time. */
function Further({ path, cursor }: { path: string; cursor: string | null }) {
  const [older, setOlder] = useState<RunItem[]>([]);
  const [next, setNext] = useState<string | null | undefined>();
  const [problem, setProblem] = useState<Problem | null>(null);
  const from = next === undefined ? cursor : next;
  const more = async () => {
    try {
      const page = await ask<Page<RunItem>>(`${path}&cursor=${encodeURIComponent(from!)}`);
      setOlder([...older, ...page.items]);
      setNext(page.next_cursor);
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      {older.length > 0 && <RunRows runs={older} />}
      {problem !== null && <Wrong problem={problem} />}
      {from !== null && (
        <button type="button" onClick={() => void more()}>
          Older runs
        </button>
      )}
    </>
  );
}

function RunRows({ runs }: { runs: RunItem[] }) {
  return (
    <ul className="runs">
      {runs.map((run) => (
        <li key={run.id}>
          <div className="run-what">
            <Link href={`/runs/${encodeURIComponent(run.id)}`}>{run.candidate}</Link>
            <p>
              <span className="quiet">against</span> {run.baseline}
            </p>
            <p className="quiet">
              {run.name} · {tailOf(run.id)}
            </p>
            <p className="quiet">
              {run.purpose} · <time dateTime={run.created_at}>{moment(run.created_at)}</time>
              {Object.entries(run.tags).map(([key, value]) => (
                <span key={key} className="tag">
                  {key}={value}
                </span>
              ))}
            </p>
            <OfflineJudges names={run.offline_judges} />
          </div>
          <State run={run} />
          {run.decision !== null && <Domains decision={run.decision} />}
        </li>
      ))}
    </ul>
  );
}

/** What of an id is not its time, which stands beside it: "…ab12". */
const tailOf = (id: string): string => id.replace(/^\d{8}_\d{6}-/, '…');

function State({ run }: { run: RunItem }) {
  if (run.status === 'running' || run.status === 'queued')
    return (
      <div className="run-far">
        <ProgressLine progress={run.progress} status={run.status} />
      </div>
    );
  return (
    <div className="run-far">
      <span>{run.status}</span>
      <p className="quiet">
        {counted(run.progress.judged, 'judgment')}
        {run.progress.failed > 0 && `, ${run.progress.failed} failed`}
      </p>
    </div>
  );
}

function Domains({ decision }: { decision: RunDecision }) {
  return (
    <dl className="run-domains">
      {DOMAINS.map((domain: Domain) => (
        <div key={domain}>
          <dt>{domain}</dt>
          <dd>
            <DomainVerdict found={decision.domains[domain] ?? null} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
