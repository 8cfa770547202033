// The numbers of a picture as a table, one key (t) away.
import type { ReactNode } from 'react';

interface Props {
  /** What the table is of, for those who hear it. */
  name: string;
  /** All tables are asked for at once. */
  shown: boolean;
  children: ReactNode;
}

export function NumbersBelow({ name, shown, children }: Props) {
  return (
    <details open={shown} className="numbers-below">
      <summary>The numbers</summary>
      <div className="scroll" tabIndex={0} role="region" aria-label={name}>
        {children}
      </div>
    </details>
  );
}
