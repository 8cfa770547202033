// An endpoint that lets 300 requests a second in: how long 3,000 calls with 32 under way take over the permitted time,
// how many are wasted on refusals, and whether any goes out before its time. Our models against a bare p-queue + openai
// SDK loop.   tsx bench/limited.ts [saved-up requests] [how a refusal tells the wait: seconds, ms or none]
import OpenAI from 'openai';
import PQueue from 'p-queue';
import { endpointSchema, openModels } from '../src/models/index.js';
import { type LoggedRequest, type RateLimit, startServer } from '../test/server/index.js';

const CALLS = 3000;
const RATE = 300;
const CONCURRENCY = 32;

type Ask = (url: string) => { ask: (i: number) => Promise<unknown>; close: () => Promise<void> };

const bare: Ask = (baseURL) => {
  const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 10 });
  const queue = new PQueue({ concurrency: CONCURRENCY });
  return {
    ask: (i) =>
      queue.add(() => client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: `q${i}` }] })),
    close: () => Promise.resolve(),
  };
};

const ours: Ask = (base_url) => {
  const models = openModels({ env: {}, concurrency: CONCURRENCY });
  const model = models.model(endpointSchema.parse({ provider: 'openai', model: 'm', base_url }));
  return {
    ask: (i) => model.ask({ messages: [{ role: 'user', content: `q${i}` }], repeat: 0 }),
    close: () => models.close(),
  };
};

/** Contents that came again before the time their refusal had named (a millisecond of the wire aside). */
function early(requests: LoggedRequest[]): number {
  const until = new Map<string, number>();
  let found = 0;
  for (const { content, at, wait_ms } of requests) {
    if (at < (until.get(content) ?? 0) - 1) found++;
    if (wait_ms !== null) until.set(content, at + wait_ms);
  }
  return found;
}

const burst = Number(process.argv[2] ?? 100);
const retry_after = (process.argv[3] ?? 'seconds') as NonNullable<RateLimit['retry_after']>;
for (const [name, open] of Object.entries({ 'bare loop': bare, models: ours })) {
  const server = await startServer({ latency_ms: 50, limit: { per_second: RATE, burst, retry_after } });
  const { ask, close } = open(server.openai);
  const started = performance.now();
  const ends = await Promise.allSettled(Array.from({ length: CALLS }, (_, i) => ask(i)));
  const seconds = (performance.now() - started) / 1000;
  const lost = ends.filter(({ status }) => status === 'rejected').length;
  const { limited } = server.counts;
  process.stdout.write(
    `${name.padEnd(10)} ${((seconds * RATE) / CALLS).toFixed(3)} × permitted time   ` +
      `${((100 * limited) / CALLS).toFixed(2)} % refused   ${early(server.requests)} early   ${lost} lost\n`,
  );
  await close();
  await server.close();
}
