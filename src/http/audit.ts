// POST /api/audit: anyone's judged file in, the audit of section 6 out; nothing is kept.
// The body is the file itself, of any content type; ?name=judged.jsonl says how it is called (its ending tells gzip and
// CSV), ?format= names its making where it is not detected. The answer is `AuditReport` of src/records.ts.
import * as z from 'zod';
import { auditFile } from '../audit/index.js';
import type { AuditReport } from '../answers.js';
import { problems } from './problem.js';
import type { App } from './server.js';
import { takeStreams, withUpload } from './upload.js';

const countsSchema = z.object({
  wins: z.number(),
  losses: z.number(),
  ties: z.number(),
  failed: z.number(),
  win_rate: z.number().nullable(),
});

const findingSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'note']),
  file: z.string().nullable(),
  line: z.number().nullable(),
  judgment_id: z.string().nullable(),
  recorded: z.union([z.string(), z.number()]).nullable(),
  derived: z.union([z.string(), z.number()]).nullable(),
  message: z.string(),
});

export const auditReportSchema = z
  .looseObject({
    files: z.array(z.string()).exactOptional(),
    run: z.string().exactOptional(),
    rows: z.number(),
    judged: z.number(),
    checks: z.array(z.object({ code: z.string(), checked: z.number(), failed: z.number(), unverifiable: z.number() })),
    findings: z.array(findingSchema),
    recorded: countsSchema,
    derived: countsSchema,
    order_recovered: z.record(z.string(), z.unknown()).nullable(),
    warnings: z.array(z.looseObject({ code: z.string(), message: z.string() })),
  })
  .meta({ id: 'AuditReport' }) satisfies z.ZodType<AuditReport>;

interface AuditRoutes {
  /** Bytes of a file at most, after unpacking. */
  uploadLimit: number;
}

export async function auditRoutes(parent: App, { uploadLimit }: AuditRoutes): Promise<void> {
  await parent.register((app: App, _options, done) => {
    takeStreams(app);
    app.post(
      '/api/audit',
      {
        bodyLimit: uploadLimit,
        config: { rateLimit: { max: 60, timeWindow: '1 minute' } },
        schema: {
          tags: ['files'],
          summary: 'Audit a judged file of anyone’s; nothing is kept',
          querystring: z.strictObject({
            name: z.string().max(200).default('upload.jsonl'),
            format: z.string().max(40).optional(),
          }),
          response: { 200: auditReportSchema, ...problems(413, 415) },
        },
      },
      async (request) => {
        const { name, format } = request.query;
        return withUpload(request, { name, limit: uploadLimit }, async (file) =>
          renamed(await auditFile(file, { format }), file, name),
        );
      },
    );
    done();
  });
}

/** The report as if the file had been audited where it came from: its place here stands in no field of it. */
function renamed(report: AuditReport, file: string, name: string): z.infer<typeof auditReportSchema> {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  return JSON.parse(JSON.stringify(report).replaceAll(inJson(file), () => inJson(name))) as z.infer<
    typeof auditReportSchema
  >;
}
