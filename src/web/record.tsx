// The judgment as it is stored: what it cost, who answered, and the whole record.
import type { Judgment } from '../records.js';
import { type Fact, Facts } from './facts.js';
import { count, counted, duration, moment, money } from './numbers.js';
import { ModelText } from './text.js';

export function Record({ judgment }: { judgment: Judgment }) {
  const { input_tokens, output_tokens, cached_tokens, latency_ms, judged_at } = judgment;
  const tokens = [
    input_tokens !== null && `${count(input_tokens)} in`,
    cached_tokens !== null && cached_tokens > 0 && `${count(cached_tokens)} of them cached`,
    output_tokens !== null && `${count(output_tokens)} out`,
  ].filter(Boolean);
  const served = judgment.judge_model_served ?? judgment.judge_model;
  const facts: Fact[] = [
    ['model', [judgment.judge_provider, served].filter(Boolean).join(', ') || null],
    ['cost', judgment.attempts === 0 ? null : money(judgment.cost_usd)],
    ['tokens', tokens.join(', ') || null],
    ['took', latency_ms === null ? null : duration(latency_ms)],
    ['calls', judgment.attempts === 0 ? null : counted(judgment.attempts, 'call')],
    ['judge prompt', judgment.template],
    ['presentation SHA-256', judgment.presentation_sha256],
    ['judged', judged_at === null ? null : moment(judged_at)],
  ];
  return (
    <section aria-labelledby="record">
      <h2 id="record">Record</h2>
      <Facts facts={facts} />
      <Raw judgment={judgment} />
    </section>
  );
}

function Raw({ judgment }: { judgment: Judgment }) {
  return (
    <details>
      <summary>Raw record</summary>
      <ModelText text={JSON.stringify(judgment, null, 2)} as="written" />
    </details>
  );
}
