// The filters above the samples. What can be chosen is what the run has stored.
import { useEffect, useState } from 'react';
import type { RunDetail } from '../answers.js';
import type { Filters } from './filters.js';
import { count } from './numbers.js';
import { codeWords, OUTCOMES, OUTCOME_WORDS } from '../words.js';

/** How long the reader may pause while typing a search, in milliseconds. */
const PAUSE_MS = 300;

interface Props {
  run: RunDetail;
  filters: Filters;
  set: (filters: Filters) => void;
}

export function FilterBar({ run, filters, set }: Props) {
  const strata = (['domain', 'suite', 'category', 'judge'] as const).map((name) => {
    const values = run.strata.map((stratum) => stratum[name]).filter((value) => value !== null);
    return [name, [...new Set<string>(values)]] as const;
  });
  const change = (name: keyof Filters, to: string) => set({ ...filters, [name]: to });
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      {strata.map(([name, values]) => (
        <Choice
          key={name}
          name={name}
          value={filters[name]}
          options={values.map((value) => [value, value])}
          change={change}
        />
      ))}
      <Choice
        name="outcome"
        value={filters.outcome}
        options={OUTCOMES.map((outcome) => [outcome, OUTCOME_WORDS[outcome]])}
        change={change}
      />
      {filters.repeat !== undefined && <Choice name="repeat" value={filters.repeat} options={[]} change={change} />}
      {run.findings.length > 0 && (
        <Choice
          name="finding"
          value={filters.finding}
          options={run.findings.map(({ code, n }) => [code, `${codeWords(code)} (${count(n)})`])}
          change={change}
        />
      )}
      <Search value={filters.q ?? ''} change={(to) => change('q', to)} />
      <Check name="disagreement" words="judges disagree" filters={filters} change={change} />
      <Check name="canary" words="planted cases" filters={filters} change={change} />
    </form>
  );
}

interface CheckProps {
  name: keyof Filters;
  words: string;
  filters: Filters;
  change: (name: keyof Filters, to: string) => void;
}

function Check({ name, words, filters, change }: CheckProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={filters[name] === 'true'}
        onChange={(event) => change(name, event.target.checked ? 'true' : '')}
      />
      {words}
    </label>
  );
}

interface ChoiceProps {
  name: keyof Filters;
  value: string | undefined;
  options: (readonly [value: string, words: string])[];
  change: (name: keyof Filters, to: string) => void;
}

function Choice({ name, value = '', options, change }: ChoiceProps) {
  // A filter from an address that the run does not have stays visible, so that it can be taken away.
  const unknown = value !== '' && !options.some(([option]) => option === value);
  return (
    <label>
      {name}
      <select value={value} onChange={(event) => change(name, event.target.value)}>
        <option value="">any</option>
        {[...options, ...(unknown ? [[value, value] as const] : [])].map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Search({ value, change }: { value: string; change: (to: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => change(typed), PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [typed, value, change]);
  return (
    <label>
      search
      <input
        type="search"
        value={typed}
        placeholder="words in prompt, texts, reply"
        onChange={(event) => setTyped(event.target.value)}
      />
    </label>
  );
}
