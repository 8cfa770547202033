// How much of what a server permits is used while its limit is being learned, in virtual time: 3,000 calls, 32 under way.
import { describe, expect, it } from 'vitest';
import { AcceptedRate } from '../../src/models/accepted-rate.js';
import { LearnedPace } from '../../src/models/learned-pace.js';
import { Endpoint } from '../../src/models/limits.js';
import { seeded } from '../../src/random.js';
import { Bucket, type RateLimit } from '../server/faults.js';
import { fakeClock } from './clock.js';

const CALLS = 3000;
/** From a refusal to its arrival, ms. */
const REFUSAL_MS = 0.5;

type Tells = NonNullable<RateLimit['retry_after']> | 'date';
interface Server {
  per_second: number;
  burst: number;
  tells: Tells;
  latency: number;
  /** How long the first calls take to arrive, ms. */
  connecting?: number;
}

function refusal(tells: Tells, asked: number, wall: number): Error {
  const date = (at: number): string => new Date(at).toUTCString();
  const headers: Record<Tells, Record<string, string>> = {
    seconds: { 'retry-after': String(asked / 1000) },
    ms: { 'retry-after-ms': String(asked) },
    date: { date: date(wall), 'retry-after': date(wall + asked) },
    none: {},
  };
  return Object.assign(new Error('too many'), { status: 429, headers: new Headers(headers[tells]) });
}

async function use({ per_second, burst, tells, latency, connecting = 0 }: Server) {
  const clock = fakeClock();
  const bucket = new Bucket({ per_second, burst, retry_after: tells === 'date' ? 'seconds' : tells });
  const there = new Endpoint({ address: 'http://there', concurrency: 32, retries: 6, clock, random: seeded(1) });
  const found = { time: 0, refused: 0, early: 0, lost: 0 };
  let waitUntil = 0;
  const call = async (): Promise<number> => {
    if (clock.now() < waitUntil) found.early++;
    if (clock.now() < connecting) await clock.sleep(connecting - clock.now());
    const wait = bucket.take(clock.now());
    if (wait === null) {
      await clock.sleep(latency);
      return 1;
    }
    found.refused += 1 / CALLS;
    await clock.sleep(REFUSAL_MS);
    if (tells !== 'none') waitUntil = Math.max(waitUntil, clock.now() + bucket.asked(wait));
    throw refusal(tells, bucket.asked(wait), clock.wall());
  };
  const terms = { tokens: 1, used: () => 1 };
  const ends = await clock.run(Promise.allSettled(Array.from({ length: CALLS }, () => there.run(call, terms))));
  found.lost = ends.filter(({ status }) => status === 'rejected').length;
  found.time = clock.now() / ((CALLS / per_second) * 1000);
  return found;
}

/** At most this many times the permitted time, by rate, by how a refusal tells the wait and by what is saved up. */
const LONGEST: Record<number, Record<Tells, Record<number, number>>> = {
  30: {
    seconds: { 1: 1.5, 30: 1.05, 100: 1.05, 300: 1.05 },
    date: { 1: 1.5, 30: 1.05, 100: 1.05, 300: 1.05 },
    ms: { 1: 1.3, 30: 1.15, 100: 1.15, 300: 1.15 },
    none: { 1: 1.3, 30: 1.15, 100: 1.15, 300: 1.15 },
  },
  300: {
    seconds: { 1: 1.7, 30: 1.3, 100: 1.15, 300: 1.05 },
    date: { 1: 1.7, 30: 1.3, 100: 1.15, 300: 1.05 },
    ms: { 1: 1.3, 30: 1.15, 100: 1.15, 300: 1.15 },
    none: { 1: 1.5, 30: 1.2, 100: 1.2, 300: 1.15 },
  },
};
const MOST_REFUSED = 0.05;
// With 32 under way, longer answers do not reach 300 a second.
const LATENCIES: Record<number, number[]> = { 30: [20, 200], 300: [20, 50, 100] };

const servers: [string, Server, number][] = [];
for (const per_second of [30, 300])
  for (const tells of ['seconds', 'date', 'ms', 'none'] as const)
    for (const burst of [1, 30, 100, 300])
      for (const latency of LATENCIES[per_second]!) {
        const name = `${per_second} a second, ${burst} saved up, wait told in ${tells}, ${latency} ms an answer`;
        servers.push([name, { per_second, burst, tells, latency }, LONGEST[per_second]![tells][burst]!]);
      }

describe('a limit that nobody stated is found', () => {
  it.each(servers)('%s', async (_, server, longest) => {
    const { time, refused, early, lost } = await use(server);
    expect({ early, lost }).toEqual({ early: 0, lost: 0 });
    expect(time).toBeLessThanOrEqual(longest);
    expect(refused).toBeLessThanOrEqual(MOST_REFUSED);
  });

  it.each([
    ['wastes the permitted time', { per_second: 300, burst: 30, tells: 'seconds', latency: 50 }, 'time', 1.5],
    ['is refused again and again', { per_second: 30, burst: 100, tells: 'none', latency: 50 }, 'refused', 0.2],
  ] as const)('and a pace that does not learn %s', async (_, server, what, least) => {
    const { refused, departed } = LearnedPace.prototype;
    LearnedPace.prototype.refused = LearnedPace.prototype.departed = () => undefined;
    try {
      expect((await use(server))[what]).toBeGreaterThan(least);
    } finally {
      Object.assign(LearnedPace.prototype, { refused, departed });
    }
  });
});

/** Seconds of virtual time for 2,000 calls, 32 under way, of which a part is refused by chance. */
async function byChance(part: number, wait_ms: number | null) {
  const clock = fakeClock();
  const random = seeded(7);
  const there = new Endpoint({ address: 'http://there', concurrency: 32, retries: 20, clock, random: seeded(1) });
  const call = async (): Promise<number> => {
    await clock.sleep(50);
    if (random() >= part) return 1;
    const headers = new Headers(wait_ms === null ? {} : { 'retry-after-ms': String(wait_ms) });
    throw Object.assign(new Error('too many'), { status: 429, headers });
  };
  await clock.run(Promise.all(Array.from({ length: 2000 }, () => there.run(call, { tokens: 1, used: () => 1 }))));
  return clock.now() / 1000;
}

describe('refusals that no rate causes', () => {
  it.each([
    // As long as the pauses themselves take, and half as long again.
    ['one in 20, naming a second', 0.05, 1000, 200],
    ['one in 7, naming a second', 0.15, 1000, 750],
    ['one in 20, naming nothing', 0.05, null, 40],
    ['one in 7, naming nothing', 0.15, null, 100],
  ])('do not slow the pace for ever: %s', async (_, part, wait, longest) => {
    expect(await byChance(part, wait)).toBeLessThan(longest);
  });

  it('would without what was accepted once', async () => {
    const floor = Object.getOwnPropertyDescriptor(AcceptedRate.prototype, 'floor')!;
    Object.defineProperty(AcceptedRate.prototype, 'floor', { get: () => 0, configurable: true });
    try {
      expect(await byChance(0.15, null)).toBeGreaterThan(10_000);
    } finally {
      Object.defineProperty(AcceptedRate.prototype, 'floor', floor);
    }
  });
});

describe('connections that take their time', () => {
  const slow: Server = { per_second: 300, burst: 100, tells: 'seconds', latency: 50, connecting: 200 };

  it('are not mistaken for time in which the first calls were lent', async () => {
    expect((await use(slow)).time).toBeLessThanOrEqual(1.16);
    const returned = LearnedPace.prototype.returned;
    LearnedPace.prototype.returned = () => undefined;
    try {
      expect((await use(slow)).time).toBeGreaterThan(1.2);
    } finally {
      LearnedPace.prototype.returned = returned;
    }
  });
});

describe('a limit that falls', () => {
  it.each([60, 300])('is found again: from 300 to 100 a second, %i saved up', async (burst) => {
    const clock = fakeClock();
    const [before, after] = [300, 100].map((per_second) => new Bucket({ per_second, burst, retry_after: 'ms' }));
    const there = new Endpoint({ address: 'http://there', concurrency: 32, retries: 6, clock, random: seeded(1) });
    const [falls, ends] = [20_000, 80_000];
    let accepted = 0;
    let refused = 0;
    const call = async (): Promise<number> => {
      const has = clock.now() < falls ? before! : after!;
      const wait = has.take(clock.now());
      if (clock.now() >= falls && wait === null) accepted++;
      if (clock.now() >= falls && wait !== null) refused++;
      await clock.sleep(wait === null ? 50 : REFUSAL_MS);
      if (wait !== null) throw refusal('ms', has.asked(wait), clock.wall());
      return 1;
    };
    const asker = async (): Promise<void> => {
      while (clock.now() < ends) await there.run(call, { tokens: 1, used: () => 1 });
    };
    await clock.run(Promise.all(Array.from({ length: 32 }, asker)));
    expect(accepted / (100 * ((ends - falls) / 1000))).toBeGreaterThan(0.95);
    expect(refused / accepted).toBeLessThan(0.03);
  });
});
