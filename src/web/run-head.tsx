// The head of everything that belongs to a run: which two were compared, and the ways to its screens.
import type { RunDetail } from '../answers.js';
import { Link } from './address.js';
import { comparePath } from './compared.js';
import { samplesPath } from './filters.js';
import { Glyph } from './glyph.js';
import { moment } from './numbers.js';
import { Title } from './title.js';

export function RunHead({ run, here }: { run: RunDetail; here: 'run' | 'samples' | 'audit' }) {
  const path = `/runs/${encodeURIComponent(run.id)}`;
  const ways = [
    [path, 'Result', here === 'run'],
    [samplesPath(run.id), 'Samples', here === 'samples'],
    [`${path}/audit`, 'Audit', here === 'audit'],
    [`${path}/review`, 'Review blind', false],
    [comparePath([run.id]), 'Compare', false],
  ] as const;
  return (
    <header className="run-head">
      <Title name={here === 'run' ? run.candidate : `${run.candidate}, ${here}`}>
        <Glyph outcome="win" silent /> {run.candidate} <span className="against">against</span>{' '}
        <Glyph outcome="loss" silent /> {run.baseline}
      </Title>
      <p className="quiet">
        {run.id} · {run.purpose} · {run.status}
        {run.origin === 'import' && ' · imported'} · <time dateTime={run.created_at}>{moment(run.created_at)}</time>
      </p>
      {run.description !== null && <p>{run.description}</p>}
      <nav className="ways" aria-label="This run">
        {ways.map(([href, name, isHere]) => (
          <Link key={name} href={href} aria-current={isHere ? 'page' : undefined}>
            {name}
          </Link>
        ))}
        <a href={`/api${path}/report`}>Report</a>
        <a href={`/api${path}/export`} download>
          Export
        </a>
      </nav>
    </header>
  );
}
