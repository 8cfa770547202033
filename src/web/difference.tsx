// Two texts side by side with the words that only one of them has.
import { diffWordsWithSpace } from 'diff';
import { useMemo } from 'react';
import { visible } from './visible.js';

/** Texts that take longer to compare than this, in milliseconds, have too little in common for the marks to help. */
const PATIENCE_MS = 1500;

interface Part {
  value: string;
  own: boolean;
}

/** Parts of both texts, or null where comparing them leads nowhere. */
function partsOf(baseline: string, candidate: string): { baseline: Part[]; candidate: Part[] } | null {
  const changes = diffWordsWithSpace(baseline, candidate, { timeout: PATIENCE_MS, maxEditLength: 20_000 });
  if (changes === undefined) return null;
  return {
    baseline: joined(changes.filter((c) => !c.added).map((c) => ({ value: c.value, own: c.removed }))),
    candidate: joined(changes.filter((c) => !c.removed).map((c) => ({ value: c.value, own: c.added }))),
  };
}

/** White space between two words of a text's own is its own too, so that a new phrase reads as one. */
function joined(parts: Part[]): Part[] {
  const phrases: Part[] = [];
  for (const [i, part] of parts.entries()) {
    const own = part.own || (part.value.trim() === '' && parts[i - 1]?.own === true && parts[i + 1]?.own === true);
    const last = phrases.at(-1);
    if (last?.own === own) last.value += part.value;
    else phrases.push({ value: part.value, own });
  }
  return phrases;
}

/** The parts of both texts, made only while they are looked at. */
export function useDifference(baseline: string, candidate: string, wanted: boolean): ReturnType<typeof partsOf> {
  return useMemo(() => (wanted ? partsOf(visible(baseline), visible(candidate)) : null), [baseline, candidate, wanted]);
}

export function Difference({ parts, role }: { parts: Part[] | undefined; role: 'baseline' | 'candidate' }) {
  if (parts === undefined) return <p className="quiet">The two texts differ too much for a comparison word by word.</p>;
  return (
    <div className="model written" dir="auto">
      {parts.map(({ value, own }, i) => {
        if (!own) return value;
        // Which text a word stands in alone: `del` for the baseline's, `ins` for the candidate's.
        return role === 'baseline' ? <del key={i}>{value}</del> : <ins key={i}>{value}</ins>;
      })}
    </div>
  );
}
