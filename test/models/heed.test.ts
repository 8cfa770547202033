import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../src/models/limits.js';
import { seeded } from '../../src/random.js';
import { type FakeClock, fakeClock } from './clock.js';

const terms = { tokens: 1, used: (): number => 1 };
const endpoint = (clock: FakeClock) =>
  new Endpoint({ address: 'http://there', concurrency: 10, retries: 6, clock, random: seeded(1) });

/** When each of `n` calls that take no time goes out, ms. */
async function starts(clock: FakeClock, asked: Endpoint, n: number): Promise<number[]> {
  const at: number[] = [];
  const call = () => Promise.resolve(void at.push(clock.now()));
  await clock.run(Promise.all(Array.from({ length: n }, () => asked.run(call, terms))));
  return at;
}

describe('what others have met at an endpoint', () => {
  it('holds calls back for the pause that one of them was asked for', async () => {
    const clock = fakeClock();
    const asked = endpoint(clock);
    asked.heed({ pause_ms: 5000, refused: false, sharers: 1 });
    expect(Math.min(...(await starts(clock, asked, 4)))).toBe(5000);
    const free = fakeClock();
    expect(Math.max(...(await starts(free, endpoint(free), 4)))).toBe(0);
  });

  it('does not shorten a pause of our own', async () => {
    const clock = fakeClock();
    const asked = endpoint(clock);
    asked.heed({ pause_ms: 5000, refused: false, sharers: 1 });
    asked.heed({ pause_ms: 10, refused: false, sharers: 1 });
    expect(Math.min(...(await starts(clock, asked, 1)))).toBe(5000);
  });

  it('lowers the calls under way when one of them was refused, and not otherwise', () => {
    const asked = endpoint(fakeClock());
    asked.heed({ pause_ms: 0, refused: false, sharers: 3 });
    expect(asked.state.concurrency).toBe(10);
    asked.heed({ pause_ms: 0, refused: true, sharers: 3 });
    expect(asked.state.concurrency).toBe(7);
  });

  it('divides a rate among those who ask: three at 60 a minute start a call every three seconds each', async () => {
    const each = async (sharers: number) => {
      const clock = fakeClock();
      const asked = endpoint(clock);
      asked.admit({ rpm: 60 });
      asked.heed({ pause_ms: 0, refused: false, sharers });
      const at = await starts(clock, asked, 5);
      return (at.at(-1)! - at[0]!) / 4;
    };
    expect(await each(1)).toBeCloseTo(1000, -2);
    expect(await each(3)).toBeCloseTo(3000, -2);
  });
});
