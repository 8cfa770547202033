// The run file as people write it (CONTRACT section 3): its keys, their values, and what the command line changes in it.
import * as z from 'zod';
import { gateSchema } from './gate-rule.js';
import { unstorable } from './hash.js';
import { endpointSchema } from './models/index.js';
import { DOMAINS, nameSchema } from './records.js';

const share = z.number().min(0).max(1);
/** A text that is kept as it stands. */
const kept = <T extends z.ZodType<string>>(schema: T): T =>
  schema.check(({ value, issues }) => {
    const message = unstorable(value);
    if (message !== null) issues.push({ code: 'custom', message, input: value });
  });
const text = kept(z.string());

const checkpointSchema = endpointSchema.extend({
  name: nameSchema,
  checkpoint: z.string().optional(),
  /** Training step, for the curve of a sweep; read from the folder where it is not stated. */
  step: z.int().nonnegative().optional(),
});
const judgeSchema = endpointSchema.extend({
  name: nameSchema.optional(),
  template: z.string().optional(),
  share: share.default(1),
});
const price = z.strictObject({ input_usd_per_mtok: z.number().min(0), output_usd_per_mtok: z.number().min(0) });
const inlineSuite = z.strictObject({
  name: nameSchema,
  domain: z.enum(DOMAINS),
  description: text.optional(),
  prompts: z.array(z.unknown()).min(1),
});

const candidatesSchema = z.union([
  z.array(checkpointSchema).min(1),
  endpointSchema
    .extend({ name: z.string().optional(), folders: z.string().optional(), file: z.string().optional() })
    .refine((c) => c.folders !== undefined || c.file !== undefined, 'needs `folders` or `file`'),
]);

/** The run file, as people write it (CONTRACT section 3). Unknown keys are errors. */
export const runFileSchema = z.strictObject({
  name: text.min(1).optional(),
  description: text.optional(),
  purpose: z
    .string()
    .regex(/^[\w-]+$/, 'letters, digits, _ and - only')
    .optional(),
  tags: z.record(text, kept(z.coerce.string())).default({}),
  data_purpose: text.optional(),
  data_path: text.optional(),
  seed: z.number().int().default(0),
  suites: z.array(z.union([z.string().min(1), inlineSuite])).min(1),
  baseline: checkpointSchema,
  candidate: checkpointSchema.optional(),
  candidates: candidatesSchema.optional(),
  sampling: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      top_p: z.number().min(0).max(1).optional(),
      max_tokens: z.number().int().positive().optional(),
      repeats: z.number().int().positive().default(1),
    })
    .default({ repeats: 1 }),
  judges: z.array(judgeSchema).min(1),
  template: z.string().default('pairwise'),
  orders: z.enum(['both', 'balanced', 'random']).default('both'),
  canaries: z.boolean().default(true),
  retest: share.default(0),
  prices: z.record(z.string(), price).default({}),
  margin: z.partialRecord(z.enum(DOMAINS), share).default({}),
  level: z.number().gt(0.5).lt(1).default(0.95),
  gate: gateSchema.optional(),
  stop: z.enum(['when-decided']).optional(),
  jury: z.enum(['mean', 'majority', 'weighted']).default('mean'),
  concurrency: z.number().int().positive().default(8),
  budget_usd: z.number().positive().optional(),
});
export type RunFile = z.infer<typeof runFileSchema>;
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type Judge = Omit<z.infer<typeof judgeSchema>, 'name' | 'template'> & {
  name: string;
  /** `path@hash` of its template; null for judges that read no template. */
  template: string | null;
};

/** What the command line changes in a run file. */
export interface Overrides {
  seed?: number | undefined;
  orders?: RunFile['orders'] | undefined;
  retest?: number | undefined;
  concurrency?: number | undefined;
  budget_usd?: number | undefined;
  stop?: 'when-decided' | undefined;
  tags?: Record<string, string> | undefined;
}
