// The test server as a process of its own, for benches and for trying the tool: `tsx test/server/main.ts --port 8000
// --latency 50`. Prints its base URLs as one line of JSON; `--options` takes any of ServerOptions as JSON.
import { parseArgs } from 'node:util';
import { type ServerOptions, startServer } from './index.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    latency: { type: 'string' },
    options: { type: 'string', default: '{}' },
  },
});
const server = await startServer({
  log: false,
  ...(JSON.parse(values.options) as ServerOptions),
  port: Number(values.port),
  ...(values.latency !== undefined && { latency_ms: Number(values.latency) }),
});
const { openai, anthropic } = server;
process.stdout.write(`${JSON.stringify({ openai, anthropic })}\n`);
// A parent that goes away takes the server with it.
process.stdin.on('end', () => process.exit()).resume();
process.on('SIGUSR2', () => process.stdout.write(`${JSON.stringify(server.counts)}\n`));
