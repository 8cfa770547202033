// `serve` as a process of its own, on a server that speaks the providers' protocol and answers as many questions as it is
// allowed to: a test decides how far a run comes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseIn } from '../stores.js';

/** Lets as many pass as it was told to; the others wait. */
export class Gate {
  private free = 0;
  private readonly waiting: (() => void)[] = [];

  pass = (): Promise<void> => {
    if (this.free > 0) {
      this.free--;
      return Promise.resolve();
    }
    return new Promise((go) => this.waiting.push(go));
  };

  /** Nobody passes any more, but those that are through already. */
  shut(): void {
    this.free = 0;
  }

  open(more: number): void {
    for (this.free += more; this.free > 0 && this.waiting.length > 0; this.free--) this.waiting.shift()!();
  }
}

export interface Served {
  address: string;
  child: ChildProcess;
  said: { stdout: string; stderr: string };
  /** Ends it by a signal; its exit code, or the signal. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string>;
}

interface Options {
  /** The main file of the command line. */
  main: string;
  /** Where it runs; its database lies there. */
  cwd: string;
  /** Addresses that posted run files may name. */
  endpoint: string | string[];
  env?: NodeJS.ProcessEnv;
  port?: number;
}

export async function serveIn({ main, cwd, endpoint, port = 0, env: more = {} }: Options): Promise<Served> {
  const listed = [endpoint].flat().map((base_url) => `- { base_url: "${base_url}" }\n`);
  writeFileSync(join(cwd, 'endpoints.yaml'), listed.join(''));
  const { DOUBLEBLIND_TOKEN: _, ...env } = process.env;
  const words = ['serve', '--json', '--port', String(port), '--endpoints', 'endpoints.yaml', '--log-level', 'warn'];
  const child = spawn(process.execPath, [main, ...words], {
    cwd,
    env: { ...env, DOUBLEBLIND_DATABASE_URL: await databaseIn(cwd), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  while (!said.stdout.includes('\n')) {
    if (child.exitCode !== null) throw new Error(said.stderr);
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
  return {
    child,
    said,
    address: (JSON.parse(said.stdout) as { address: string }).address,
    async end(signal) {
      const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
      child.kill(signal);
      const [code, by] = await exit;
      return code ?? by!;
    },
  };
}
