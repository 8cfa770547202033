// /api/runs/{id}/export, /report, /audit: a run as files that leave the service, and its audit.
// The export is judged.jsonl, streamed with flat memory; the report one self-contained HTML document;
// the audit is `AuditReport` of src/answers.ts.
import { Readable } from 'node:stream';
import * as z from 'zod';
import { auditRun } from '../audit/index.js';
import { judgedLines } from '../export.js';
import { report } from '../report.js';
import type { Store } from '../store/index.js';
import { concluded } from '../win-rates.js';
import { auditReportSchema } from './audit.js';
import { problems } from './problem.js';
import { idParams, runOf } from './runs.js';
import type { App } from './server.js';

/** A report shows what models wrote. It carries its own styles and pictures and may do nothing else. */
const REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export function exportRoutes(app: App, { store }: { store: Store }): void {
  const tags = ['files'];
  const stream = (type: string) => ({ content: { [type]: { schema: z.string() } } });

  app.get(
    '/api/runs/:id/export',
    {
      schema: {
        tags,
        summary: 'Every judgment as JSON Lines, the bytes of judged.jsonl',
        params: idParams,
        response: { 200: { description: 'judged.jsonl', ...stream('application/x-ndjson') }, ...problems(404) },
      },
    },
    async ({ params }, reply) => {
      const run = await runOf(store, params.id);
      return reply
        .type('application/x-ndjson; charset=utf-8')
        .header('content-disposition', disposition(`${run.id}.jsonl`))
        .send(Readable.from(inChunks(judgedLines(store, run.id))) as never);
    },
  );

  app.get(
    '/api/runs/:id/report',
    {
      schema: {
        tags,
        summary: 'The report of a run',
        params: idParams,
        response: { 200: { description: 'One document', ...stream('text/html') }, ...problems(404) },
      },
    },
    async ({ params }, reply) => {
      const run = await runOf(store, params.id);
      const { summary } = await concluded(store, run);
      return reply
        .header('content-security-policy', REPORT_POLICY)
        .type('text/html; charset=utf-8')
        .send((await report(store, run, summary)) as never);
    },
  );

  app.get(
    '/api/runs/:id/audit',
    {
      schema: {
        tags,
        summary: 'Every judgment derived again from its stored parts',
        params: idParams,
        response: { 200: auditReportSchema, ...problems(404) },
      },
    },
    async ({ params }) => auditRun(store, await runOf(store, params.id)),
  );
}

/** Lines gathered to pieces worth sending. */
async function* inChunks(lines: AsyncIterable<string>): AsyncIterable<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

const CHUNK = 64 * 1024;

/** The name of a download; ids of imported runs may hold anything. */
function disposition(name: string): string {
  return `attachment; filename="${name.replace(/[^\w.-]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}
