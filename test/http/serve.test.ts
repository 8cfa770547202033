// `serve` as people start it: a process of its own, real sockets, real signals.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { databaseIn } from '../stores.js';
import { seedRun } from './seeded.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
let folder: string;
let started: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doubleblind-serve-'));
});
afterEach(() => {
  if (started?.exitCode === null) started.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function serve(args: string[], env: Record<string, string> = {}) {
  const { DOUBLEBLIND_TOKEN: _, ...rest } = process.env;
  const child = spawn(process.execPath, ['--import', TSX, join(ROOT, 'src/cli/main.ts'), 'serve', ...args], {
    cwd: folder,
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started = child;
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  return { child, said };
}

async function addressOf({ child, said }: ReturnType<typeof serve>): Promise<string> {
  while (!said.out.includes('\n')) {
    if (child.exitCode !== null) throw new Error(said.err);
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
  return (JSON.parse(said.out) as { address: string }).address;
}

describe('serve', { timeout: 120_000 }, () => {
  it('prints its address, logs without the token, and ends quietly on a signal while clients hold on', async () => {
    const token = 'token-that-must-not-be-logged';
    const database = await databaseIn(folder);
    const store = await openStore(database);
    const run = await seedRun(store, { prompts: [1], status: 'done' });
    await store.updateRun(run.id, { status: 'running' });
    await store.close();
    const service = serve(['--port', '0', '--json'], {
      DOUBLEBLIND_TOKEN: token,
      DOUBLEBLIND_DATABASE_URL: database,
    });
    const address = await addressOf(service);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${address}/api/runs`)).status).toBe(401);
    expect((await fetch(`${address}/api/runs`, { headers })).status).toBe(200);

    const events = request(`${address}/api/runs/${run.id}/events`, { headers }).end();
    const [answer] = (await once(events, 'response')) as [IncomingMessage];
    await once(answer, 'data');
    answer.resume();
    service.child.kill('SIGTERM');
    const [[code]] = await Promise.all([once(service.child, 'exit'), once(answer, 'close')]);
    expect(code).toBe(0);
    expect(service.said.err).toContain('request completed');
    expect(service.said.err).not.toContain(token);
  });

  it('does not serve other machines without a token', async () => {
    const service = serve(['--host', '0.0.0.0', '--port', '0', '--json']);
    const [code] = await once(service.child, 'exit');
    expect(code).toBe(2);
    expect(JSON.parse(service.said.out)).toMatchObject({ error: { code: 'USAGE' } });
  });
});
