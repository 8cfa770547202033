// One PostgreSQL for all tests of a run of the suite, started when the first of them asks for it.
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type Found, PostgresServer } from './postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where to ask for the suite's PostgreSQL: the answer is a `Found`. */
    postgres: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = new PostgresServer();
  let found: Promise<Found> | null = null;
  const asked = createServer((_, response) => {
    found ??= server.start();
    void found.then((answer) => response.setHeader('connection', 'close').end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => asked.listen(0, '127.0.0.1', resolve));
  provide('postgres', `http://127.0.0.1:${(asked.address() as { port: number }).port}`);
  return async () => {
    asked.close();
    await found;
    await server.stop();
  };
}
