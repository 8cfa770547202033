// The audit of a run: every judgment derived again from its stored parts.
import type { AuditReport } from '../answers.js';
import { Link } from './address.js';
import type { RunDetail } from '../answers.js';
import { AuditResult } from './audit-result.js';
import { judgmentPath } from './filters.js';
import { Loading, Wrong } from './notice.js';
import { RunHead } from './run-head.js';
import { useAnswer } from './server.js';

export function RunAuditScreen({ id }: { id: string }) {
  const path = `/api/runs/${encodeURIComponent(id)}`;
  const run = useAnswer<RunDetail>(path);
  const audit = useAnswer<AuditReport>(`${path}/audit`);
  if (run.value === null)
    return run.problem === null ? <Loading what="the run" /> : <Wrong screen problem={run.problem} again={run.again} />;
  return (
    <>
      <RunHead run={run.value} here="audit" />
      {audit.value !== null ? (
        <AuditResult
          name="this run"
          report={audit.value}
          place={({ judgment_id }) =>
            judgment_id !== null && (
              <>
                {' '}
                <Link href={judgmentPath(judgment_id)}>judgment</Link>
              </>
            )
          }
        />
      ) : audit.problem !== null ? (
        <Wrong problem={audit.problem} again={audit.again} />
      ) : (
        <Loading what="every judgment" />
      )}
    </>
  );
}
