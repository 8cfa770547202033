// The service with everything it stands on: real clock, models, environment; stopped without losing a judgment.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import closeWithGrace from 'close-with-grace';
import { pauseOf } from '../batch.js';
import { environment } from '../environment.js';
import { DoubleblindError } from '../errors.js';
import { openEngine } from '../http/engine.js';
import { openMetrics } from '../http/metrics.js';
import { readEndpoints } from '../http/posted-run.js';
import { isLoopback } from '../http/security.js';
import { buildServer, REDACTED } from '../http/server.js';
import { openModels, redactor } from '../models/index.js';
import type { Store } from '../store/index.js';
import { loadEnv, print, say } from './action.js';
import { openPark } from './park.js';
import type { ServeFlags } from './serve.js';
import { plain } from './terminal.js';

const WEB_ROOT = fileURLToPath(new URL('../../dist/web', import.meta.url));
/** Milliseconds that calls under way have to finish after a signal; a second signal does not wait. */
const PATIENCE = 120_000;

/** Serves until a signal comes. @throws USAGE for an address that needs a token, or a port that is taken */
export async function serve(store: Store, flags: ServeFlags): Promise<never> {
  loadEnv();
  const token = tokenFor(flags);
  const endpoints = flags.endpoints === undefined ? [] : await readEndpoints(flags.endpoints);
  const metrics = openMetrics(() => engine.waiting());
  const park = flags.distributed === true ? await openPark(store, flags) : null;
  const engine = openEngine({
    store,
    carryOut: park?.carryOut,
    metrics,
    endpoints,
    exports: flags.exports,
    openModels: ({ prices, concurrency }) => openModels({ env: process.env, prices, concurrency }),
    environment: () => environment({ cwd: process.cwd(), argv: process.argv, env: process.env }),
    clock: () => Date.now(),
    pause: pauseOf(process.env),
    onWarning: ({ message }, run) => app.log.warn({ run }, message),
    onError: (error, run) => app.log.error({ err: error, run }, 'run failed'),
  });
  // A client may put a key where it does not belong.
  const clean = redactor(process.env);
  const app = await buildServer({
    store,
    engine,
    metrics,
    token,
    host: flags.host,
    allowedHosts: flags.allowedHost,
    version: versionOf(),
    webRoot: WEB_ROOT,
    // What JSON leaves as it is may still command a terminal.
    logger: {
      level: flags.logLevel,
      stream: { write: (line) => process.stderr.write(plain(clean(line))) },
      redact: REDACTED,
    },
  });
  await listen(app, flags);
  const address = addressOf(app.server.address() as AddressInfo);
  print(flags, { address }, () => `doubleblind is served at ${address}`);
  if (token === null && !isLoopback(flags.host))
    say('warning: everyone who reaches this address may read and start runs.');

  closeWithGrace({ delay: PATIENCE, logger: app.log }, async ({ err }) => {
    if (err !== undefined) app.log.error({ err }, 'the service stops');
    await engine.stop();
    await app.close();
    await park?.stop();
    await store.close();
  });
  const recovered = await engine.recover();
  if (recovered.length > 0) app.log.info({ runs: recovered }, 'unfinished runs go on');
  return new Promise<never>(() => undefined);
}

/** The token that is asked for, or null for nobody. @throws USAGE */
function tokenFor({ host, unsafeNoAuth }: ServeFlags): string | null {
  const token = process.env['DOUBLEBLIND_TOKEN']?.trim() ?? '';
  if (unsafeNoAuth === true) return null;
  if (token !== '') return token;
  if (isLoopback(host)) return null;
  throw new DoubleblindError('USAGE', `serving at ${host} needs a token, since other machines reach it.`, {
    hint: 'Set DOUBLEBLIND_TOKEN, or say --unsafe-no-auth.',
  });
}

async function listen(app: Awaited<ReturnType<typeof buildServer>>, { host, port }: ServeFlags): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    await app.close();
    const taken = code === 'EADDRINUSE';
    throw new DoubleblindError('USAGE', taken ? `port ${port} at ${host} is taken.` : `cannot listen: ${message}.`, {
      hint: taken ? 'Choose another --port, or 0 for a free one.' : 'Check --host and --port.',
    });
  }
}

function addressOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
