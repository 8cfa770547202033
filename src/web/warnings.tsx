// What the statistics warn of, in their own words.
import type { Warning } from '../summary.js';
import { Trouble } from './glyph.js';

export function Warnings({ warnings }: { warnings: Warning[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul className="remarks" aria-label="Warnings">
      {warnings.map((warning, i) => (
        <li key={`${warning.code} ${i}`}>
          <Trouble /> {warning.message}
        </li>
      ))}
    </ul>
  );
}
