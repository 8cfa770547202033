// Which judges are rules and no models: said wherever results of theirs are shown.
import { Trouble } from './glyph.js';

export function OfflineJudges({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p className="quiet">
      <Trouble /> judged by offline rules, not for claims: {names.join(', ')}
    </p>
  );
}
