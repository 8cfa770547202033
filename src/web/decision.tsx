// What was found: the sentence, and per domain the word with its sign.
import { FEW } from '../figures.js';
import type { Decision, DomainDecision } from '../summary.js';
import type { Outcome } from '../records.js';
import type { RunDecision } from '../answers.js';
import { Link } from './address.js';
import { samplesPath } from './filters.js';
import { Glyph } from './glyph.js';
import { counted, range, rateOf } from './numbers.js';
import { decisionDetail, DOMAINS } from '../words.js';

const SIGNS: Partial<Record<DomainDecision['verdict'], Outcome>> = { better: 'win', worse: 'loss', equivalent: 'tie' };

function VerdictWord({ verdict }: { verdict: DomainDecision['verdict'] }) {
  const sign = SIGNS[verdict];
  return (
    <span className={`verdict ${sign ?? 'open'}`}>
      {sign !== undefined && <Glyph outcome={sign} silent />}
      {verdict}
    </span>
  );
}

/** A domain of a run at a glance. */
export function DomainVerdict({ found }: { found: NonNullable<RunDecision['domains']['in-domain']> | null }) {
  if (found === null || found.verdict === 'not tested') return <span className="quiet">–</span>;
  const { verdict, win_rate, low, high, n_prompts } = found;
  const rate =
    n_prompts < FEW
      ? `${counted(n_prompts, 'prompt')}, too few`
      : `${rateOf(win_rate, n_prompts)}${low === null || high === null ? '' : ` (${range(low, high, n_prompts)})`}`;
  return (
    <>
      <VerdictWord verdict={verdict} /> {win_rate !== null && <span className="quiet">{rate}</span>}
    </>
  );
}

interface SentenceProps {
  runId: string;
  decision: Decision;
}

/** The sentence, and behind it how each domain was decided. */
export function DecisionSentence({ runId, decision }: SentenceProps) {
  return (
    <section className="decision" aria-label="Decision">
      <p className="sentence">{decision.sentence}</p>
      <details>
        <summary>how decided</summary>
        <dl>
          {DOMAINS.map((domain) => {
            const found = decision.domains[domain];
            return (
              <div key={domain}>
                <dt>
                  <Link href={samplesPath(runId, { domain })}>{domain}</Link>
                </dt>
                <dd>
                  <VerdictWord verdict={found.verdict} /> <span className="quiet">{decisionDetail(found)}</span>
                </dd>
              </div>
            );
          })}
        </dl>
        <p className="quiet">
          “Better” and “worse” ask for an interval that leaves out 50 and an exact test; “equivalent” for an interval
          within the margin. Everything else is undecided, which is not the same as no difference.
        </p>
      </details>
    </section>
  );
}
