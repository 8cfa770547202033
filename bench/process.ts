// What the benches run: the test server and whoever is measured, each a process of its own. Time comes from the server's
// own log (first request to last reply), CPU and memory from the measured process as it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Served {
  openai: string;
  /** What the server has counted; times in ms since it started. */
  counts(): Promise<{ requests: number; limited: number; first_ms: number; last_ms: number }>;
  stop(): void;
}

/** The test server with options of `ServerOptions`. */
export async function serve(options: Record<string, unknown>): Promise<Served> {
  const main = fileURLToPath(new URL('../test/server/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--options', JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string) as unknown;
  const { openai } = (await next()) as { openai: string };
  return {
    openai,
    async counts() {
      child.kill('SIGUSR2');
      return (await next()) as Awaited<ReturnType<Served['counts']>>;
    },
    stop: () => void child.kill(),
  };
}

export interface Measured {
  /** Seconds of CPU, user and system. */
  cpu_s: number;
  /** Most memory that was resident, MB. */
  most_mb: number;
  code: number | null;
}

const AT_THE_END = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.MEASURED, JSON.stringify({
  cpu_s: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  most_mb: process.resourceUsage().maxRSS / 1024 })));`;

/** Runs a Node program to its end and says what it took. */
export async function measured(
  args: string[],
  cwd: string,
  onStart?: (child: ChildProcess) => void,
): Promise<Measured> {
  const file = `${cwd}/measured-${process.pid}.json`;
  const preload = `data:text/javascript,${encodeURIComponent(AT_THE_END)}`;
  const child = spawn(process.execPath, ['--import', preload, ...args], {
    cwd,
    env: { ...process.env, MEASURED: file, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  onStart?.(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 && code !== null) throw new Error(`${args.join(' ')} ended with ${code}: ${said}`);
  const facts = code === null ? {} : (JSON.parse(await readFile(file, 'utf8')) as object);
  return { cpu_s: 0, most_mb: 0, ...facts, code };
}
