// The frame of every screen: the way around, the theme, and the door when the server wants a token.
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, useAddress } from './address.js';
import { AuditScreen } from './audit.js';
import { CompareScreen } from './compare.js';
import { JudgmentScreen } from './judgment.js';
import { LeaderboardScreen } from './leaderboard.js';
import { forgetAll } from './list.js';
import { Login } from './login.js';
import { Loading } from './notice.js';
import { type Place, placeOf } from './place.js';
import { ReviewScreen } from './review.js';
import { RunAuditScreen } from './run-audit.js';
import { RunsScreen } from './runs.js';
import { SamplesScreen } from './samples.js';
import { onLocked } from './server.js';
import { ThemeChoice } from './theme.js';
import { Title } from './title.js';

// The screen with the plots brings their library with it; the others do without.
const RunScreen = lazy(() => import('./run.js'));

const WAYS = [
  ['/', 'Runs'],
  ['/leaderboard', 'Leaderboard'],
  ['/audit', 'Audit a file'],
] as const;

export function Page() {
  const { pathname } = useAddress();
  const [isLocked, setLocked] = useState(false);
  useEffect(() => {
    onLocked(() => setLocked(true));
  }, []);
  const place = placeOf(pathname);
  const amongSamples = place.screen === 'samples' || place.screen === 'judgment';
  useEffect(() => {
    if (!amongSamples) forgetAll();
  }, [amongSamples]);
  const current = place.screen === 'audit' || place.screen === 'leaderboard' ? pathname : '/';
  return (
    <>
      <a className="skip" href="#content">
        To the content
      </a>
      <header className="top">
        <Link className="brand" href="/">
          doubleblind
        </Link>
        <nav aria-label="Screens">
          {WAYS.map(([href, name]) => (
            <Link key={href} href={href} aria-current={href === current ? 'page' : undefined}>
              {name}
            </Link>
          ))}
        </nav>
        <ThemeChoice />
      </header>
      <main id="content" tabIndex={-1}>
        {isLocked ? (
          <Login />
        ) : (
          <Suspense fallback={<Loading what="the run" />}>
            <Screen place={place} />
          </Suspense>
        )}
      </main>
    </>
  );
}

function Screen({ place }: { place: Place }) {
  switch (place.screen) {
    case 'runs':
      return <RunsScreen />;
    case 'run':
      return <RunScreen key={place.id} id={place.id} />;
    case 'samples':
      return <SamplesScreen key={place.id} id={place.id} />;
    case 'run-audit':
      return <RunAuditScreen key={place.id} id={place.id} />;
    case 'judgment':
      return <JudgmentScreen id={place.id} />;
    case 'review':
      return <ReviewScreen key={place.id} id={place.id} />;
    case 'audit':
      return <AuditScreen />;
    case 'leaderboard':
      return <LeaderboardScreen />;
    case 'compare':
      return <CompareScreen />;
    case 'missing':
      return (
        <>
          <Title name="There is no such screen." />
          <p>
            <Link href="/">All runs</Link>
          </p>
        </>
      );
  }
}
