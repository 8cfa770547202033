// POST /api/imports: a judged JSONL stream becomes a run, so that a laptop or CI pushes without the database's address.
// The body is the stream itself (gzip with `Content-Encoding: gzip`); options of `import` stand in the query. The
// answer is 201 with the run as an item of the list of runs and
//   imported: { runs: ids (more than one when the file holds several pairs of checkpoints), rows, added, known }
// Rows that are there already are `known` and add nothing.
import * as z from 'zod';
import { parsePairs } from '../formats/index.js';
import { importFiles } from '../import.js';
import { DOMAINS } from '../records.js';
import type { Store } from '../store/index.js';
import { problems } from './problem.js';
import { itemOf, runItemSchema } from './runs.js';
import type { App } from './server.js';
import type { Engine } from './engine.js';
import { takeStreams, withUpload } from './upload.js';

const count = z.number().int();
const importedSchema = runItemSchema.extend({
  imported: z.object({ runs: z.array(z.string()), rows: count, added: count, known: count }),
});

const word = z.string().min(1).max(500).optional();

interface ImportRoutes {
  store: Store;
  engine: Engine;
  uploadLimit: number;
}

export async function importRoutes(parent: App, { store, engine, uploadLimit }: ImportRoutes): Promise<void> {
  await parent.register((app: App, _options, done) => {
    takeStreams(app);
    app.post(
      '/api/imports',
      {
        bodyLimit: uploadLimit,
        config: { rateLimit: { max: 60, timeWindow: '1 minute' } },
        schema: {
          tags: ['files'],
          summary: 'A judged JSON Lines stream becomes a run',
          querystring: z.strictObject({
            name: z.string().max(200).default('upload.jsonl'),
            format: word,
            purpose: z
              .string()
              .regex(/^[\w-]+$/)
              .optional(),
            suite: word,
            domain: z.enum(DOMAINS).optional(),
            judge: word,
            baseline: word,
            candidate: word,
            columns: word.describe('prompt=question,winner=label'),
            values: word.describe('candidate=model_b,baseline=model_a'),
          }),
          response: { 201: importedSchema, ...problems(413, 415) },
        },
      },
      async (request, reply) => {
        const { name, columns, values, ...options } = request.query;
        const imported = await withUpload(request, { name, limit: uploadLimit }, (file) =>
          importFiles(store, [file], {
            ...options,
            columns: columns === undefined ? undefined : Object.fromEntries(parsePairs(columns, 'columns')),
            values: values === undefined ? undefined : wordsOf(parsePairs(values, 'values')),
            now: new Date().toISOString(),
          }),
        );
        const { runs, rows, added, known } = imported;
        for (const run of runs) {
          // The folder the file stood in is gone; its name is what its sender knows.
          if (run.origin === 'import') await store.updateRun(run.id, { config: { ...run.config, files: [name] } });
        }
        const [run] = runs;
        return reply
          .code(201)
          .header('location', `/api/runs/${encodeURIComponent(run!.id)}`)
          .send({
            ...(await itemOf({ store, engine }, run!)),
            imported: { runs: runs.map(({ id }) => id), rows, added, known },
          });
      },
    );
    done();
  });
}

function wordsOf(pairs: [string, string][]): Record<string, string[]> {
  const words: Record<string, string[]> = {};
  for (const [ours, theirs] of pairs) (words[ours] ??= []).push(theirs);
  return words;
}
