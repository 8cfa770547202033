// A checkpoint on a laptop takes minutes to answer. Seconds here; `npm run soak` waits longer than the 300 s after which
// Node's own `fetch` gives a silent server up.
import { Agent, request } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { endpointSchema, openModels } from '../../src/models/index.js';
import { startServer, type TestServer } from '../server/index.js';

const SECONDS = Number(process.env['DOUBLEBLIND_SLOW_ANSWER_S'] ?? 2);
let server: TestServer;
afterEach(() => server.close());

it(
  `an answer that takes ${SECONDS} s is waited for, by either protocol`,
  async () => {
    server = await startServer({ latency_ms: SECONDS * 1000 });
    const models = openModels({ env: { ANTHROPIC_API_KEY: 'k' } });
    const shared = { model: 'm', timeout_s: SECONDS + 60 };
    const answers = await Promise.all(
      [
        { ...shared, provider: 'openai', base_url: server.openai },
        { ...shared, provider: 'anthropic', base_url: server.anthropic },
      ].map((spec) =>
        models
          .model(endpointSchema.parse(spec))
          .ask({ messages: [{ role: 'user', content: 'Take your time.' }], repeat: 0 }),
      ),
    );
    await models.close();
    for (const { text, attempts, latency_ms } of answers) {
      expect(text).not.toBe('');
      expect(attempts).toBe(1);
      expect(latency_ms).toBeGreaterThanOrEqual(SECONDS * 1000 - 5);
    }
  },
  (SECONDS + 60) * 1000,
);

it('the control: a client with a limit on silence gives such a server up', async () => {
  server = await startServer({ latency_ms: SECONDS * 1000 });
  const dispatcher = new Agent({ headersTimeout: 500 });
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Take your time.' }] });
  const asked = request(`${server.openai}/chat/completions`, { method: 'POST', body, dispatcher });
  await expect(asked).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
  await dispatcher.close();
});
