// What a screen says while it has nothing to show: loading, empty, wrong.
import type { ReactNode } from 'react';
import { Link } from './address.js';
import type { Problem } from './server.js';
import { Title } from './title.js';

/** Says that something is on its way, a moment late so that quick answers do not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <p className="notice loading" role="status">
      Reading {what} …
    </p>
  );
}

/** Says that there is nothing, and what to do. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="notice">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

interface WrongProps {
  problem: Problem;
  again?: (() => void) | undefined;
  /** Nothing else is on the screen. */
  screen?: boolean;
}

/** Says what went wrong, and offers to try again. */
export function Wrong({ problem, again, screen = false }: WrongProps) {
  const title = problem.status === 404 ? 'There is nothing at this address.' : sentence(problem.message);
  return (
    <div className="notice wrong" role="alert">
      {screen ? (
        <Title name={title} />
      ) : (
        <p>
          <strong>{title}</strong>
        </p>
      )}
      {problem.status === 404 && <p>{sentence(problem.message)}</p>}
      {problem.hint !== null && <p>{problem.hint}</p>}
      {problem.code !== null && <p className="quiet">{problem.code}</p>}
      {problem.status === 404 && screen ? (
        <p>
          <Link href="/">All runs</Link>
        </p>
      ) : (
        again !== undefined && (
          <button type="button" onClick={again}>
            Try again
          </button>
        )
      )}
    </div>
  );
}

/** Messages of the service start small, after the name of a command; alone on a screen they are sentences. */
const sentence = (message: string): string => message.charAt(0).toUpperCase() + message.slice(1);
