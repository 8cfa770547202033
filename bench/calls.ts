// What a call costs: our models against a bare p-queue + openai SDK loop, same calls, same server, each in a process of
// its own. Prints time over the ideal (calls × latency / concurrency) and CPU per call over the loop's.
//   tsx bench/calls.ts [calls] [concurrency] [latency_ms]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCHEMA = { type: 'object', properties: { verdict: { type: 'string', enum: ['A', 'B', 'tie'] } } };
const FILLER = 'It is a long way to the sea, and the road knows it. '.repeat(30);

const question = (i: number): string =>
  `Prompt ${i}\n<response_a_0f>\n${FILLER}[q=0.${i % 10}]\n</response_a_0f>\n<response_b_0f>\n${FILLER}[q=0.5]\n</response_b_0f>`;
const messages = (i: number): { role: 'system' | 'user'; content: string }[] => [
  { role: 'system', content: FILLER },
  { role: 'user', content: question(i) },
];

type Ask = (i: number) => Promise<unknown>;

async function bareLoop(url: string, concurrency: number): Promise<{ ask: Ask; close: () => Promise<void> }> {
  const [{ default: OpenAI }, { default: PQueue }] = await Promise.all([import('openai'), import('p-queue')]);
  const client = new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 10 });
  const queue = new PQueue({ concurrency });
  const response_format = {
    type: 'json_schema',
    json_schema: { name: 'verdict', schema: SCHEMA, strict: true },
  } as const;
  return {
    ask: (i) =>
      queue.add(() =>
        client.chat.completions.create({
          model: 'judge',
          messages: messages(i),
          temperature: 0,
          max_completion_tokens: 512,
          response_format,
        }),
      ),
    close: () => Promise.resolve(),
  };
}

async function ours(url: string, concurrency: number): Promise<{ ask: Ask; close: () => Promise<void> }> {
  const { endpointSchema, openModels } = await import('../src/models/index.js');
  const models = openModels({
    env: {},
    concurrency,
    prices: { judge: { input_usd_per_mtok: 1, output_usd_per_mtok: 2 } },
  });
  const spec = { provider: 'openai', model: 'judge', base_url: url, temperature: 0, max_tokens: 512 };
  const model = models.model(endpointSchema.parse(spec));

  return {
    ask: (i) => model.ask({ messages: messages(i), repeat: 0, reply_schema: SCHEMA }),
    close: () => models.close(),
  };
}

/** One loop in this process; a window of asks keeps the plan out of memory, as a run does. */
async function measure(mode: string, url: string, calls: number, concurrency: number): Promise<void> {
  const { ask, close } = await (mode === 'bare' ? bareLoop(url, concurrency) : ours(url, concurrency));
  const go = async (from: number, n: number): Promise<void> => {
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < from + n) await ask(next++);
    };
    await Promise.all(Array.from({ length: concurrency * 2 }, lane));
  };
  await go(0, concurrency * 4);
  const cpu = process.cpuUsage();
  const started = performance.now();
  await go(1_000_000, calls);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(`${JSON.stringify({ ms, cpu_us: (user + system) / calls })}\n`);
  await close();
}

const self = fileURLToPath(import.meta.url);
const [command, ...rest] = process.argv.slice(2);
if (command === 'measure') {
  const [mode, url, calls, concurrency] = rest as [string, string, string, string];
  await measure(mode, url, Number(calls), Number(concurrency));
  process.exit();
}

const [calls, concurrency, latency] = [command ?? 2000, rest[0] ?? 32, rest[1] ?? 50].map(Number) as [
  number,
  number,
  number,
];
const server = spawn(process.execPath, [
  ...['--import', 'tsx', fileURLToPath(new URL('../test/server/main.ts', import.meta.url))],
  ...[
    '--latency',
    String(latency),
    ...(process.env['SERVER_OPTIONS'] ? ['--options', process.env['SERVER_OPTIONS']] : []),
  ],
]);
server.stderr.pipe(process.stderr);
const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
const { openai } = JSON.parse(line) as { openai: string };
const ideal = (calls * latency) / concurrency;
const found: Record<string, { ms: number; cpu_us: number }> = {};
for (const mode of ['bare', 'ours']) {
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    self,
    'measure',
    mode,
    openai,
    String(calls),
    String(concurrency),
  ]);
  child.stderr.pipe(process.stderr);
  const [result] = (await once(createInterface(child.stdout), 'line')) as [string];
  found[mode] = JSON.parse(result) as { ms: number; cpu_us: number };
}
server.kill();
const { bare, ours: own } = found as { bare: { ms: number; cpu_us: number }; ours: { ms: number; cpu_us: number } };
const row = (name: string, { ms, cpu_us }: typeof own): string =>
  `${name.padEnd(10)} ${(ms / ideal).toFixed(3)} × ideal   ${cpu_us.toFixed(0)} µs CPU per call`;
process.stdout.write(
  `${calls} calls, ${latency} ms × ${concurrency}\n${row('bare loop', bare)}\n${row('models', own)}\n` +
    `CPU per call over the loop's: ${(own.cpu_us / bare.cpu_us).toFixed(2)}\n`,
);
