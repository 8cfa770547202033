// A PostgreSQL that is still starting says so to whoever connects; it is waited for, any other refusal is not.
import { connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { Postgres } from '../stores.js';

const postgres = new Postgres();
await postgres.start();
if (postgres.missing !== null) console.warn(`passed over: ${postgres.missing}`);

describe.skipIf(postgres.missing !== null)('a database that refuses its first connection', () => {
  const doors: Server[] = [];
  let url = '';
  beforeAll(async () => {
    url = await postgres.fresh();
  });
  afterAll(async () => {
    for (const door of doors) door.close();
    await postgres.stop();
  });

  /** A way to the database that answers the first who comes with an error of its own. */
  async function door(code: string): Promise<{ url: string; came: () => number }> {
    const target = new URL(url);
    let came = 0;
    const server = createServer((near) => {
      near.on('error', () => undefined);
      if (++came === 1) return near.once('data', () => near.end(refusal(code)));
      const far = connect(Number(target.port), target.hostname);
      far.on('error', () => near.destroy()).pipe(near);
      return near.pipe(far);
    });
    doors.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = new URL(url);
    own.port = String((server.address() as { port: number }).port);
    return { url: own.href, came: () => came };
  }

  it('is opened once it has started', async () => {
    const { url: through, came } = await door('57P03');
    const store = await openStore(through);
    await store.ping();
    await store.close();
    expect(came()).toBeGreaterThan(1);
  });

  it('is given up at once where the reason will not pass', async () => {
    const { url: through, came } = await door('3D000');
    await expect(openStore(through)).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' });
    expect(came()).toBe(1);
  });
});

/** An ErrorResponse of the PostgreSQL protocol. */
function refusal(code: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mnot now\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
