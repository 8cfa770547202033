import { describe, expect, it } from 'vitest';
import { endpointSchema } from '../../src/models/index.js';
import { priceOf } from '../../src/models/prices.js';

const gpt4o = endpointSchema.parse({ provider: 'openai', model: 'gpt-4o' });
const opus = endpointSchema.parse({ provider: 'anthropic', model: 'claude-opus-4-1' });
const OPENAI = 'https://api.openai.com/v1';
const ANTHROPIC = 'https://api.anthropic.com';
const LOCAL = 'http://localhost:8000/v1';
const usage = { prompt_tokens: 1000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 400 } };

describe('what an answer costs', () => {
  it('counts cached tokens once, at their own price, though the providers count them differently', () => {
    const tokens = { input_tokens: 1000, output_tokens: 100, cached_tokens: 400 };
    const one = priceOf(gpt4o, OPENAI).count({ model: 'gpt-4o', usage });
    expect(one).toMatchObject(tokens);
    expect(one.cost_usd).toBeCloseTo((600 * 2.5 + 400 * 1.25 + 100 * 10) / 1e6, 12);
    const theirs = { input_tokens: 600, cache_read_input_tokens: 400, output_tokens: 100 };
    const two = priceOf(opus, ANTHROPIC).count({ model: 'claude-opus-4-1', usage: theirs });
    expect(two).toMatchObject(tokens);
    expect(two.cost_usd).toBeCloseTo((600 * 15 + 400 * 1.5 + 100 * 75) / 1e6, 12);
  });

  it('counts what was written to the cache at its own price', () => {
    const theirs = {
      input_tokens: 100,
      cache_creation_input_tokens: 900,
      cache_read_input_tokens: 0,
      output_tokens: 0,
    };
    const { cost_usd, input_tokens } = priceOf(opus, ANTHROPIC).count({ model: 'x', usage: theirs });
    expect(input_tokens).toBe(1000);
    expect(cost_usd).toBeCloseTo((100 * 15 + 900 * 18.75) / 1e6, 12);
  });

  it('is unknown, and never 0, for models and addresses without a price', () => {
    expect(priceOf({ ...gpt4o, model: 'my-own-7b' }, OPENAI).count({ usage }).cost_usd).toBeNull();
    expect(priceOf(gpt4o, LOCAL).count({ model: 'gpt-4o', usage }).cost_usd).toBeNull();
    expect(priceOf(gpt4o, LOCAL).estimate(10, 10)).toBeNull();
  });

  it('follows the run file before any list', () => {
    const prices = { 'gpt-4o': { input_usd_per_mtok: 1, output_usd_per_mtok: 3 } };
    for (const address of [OPENAI, LOCAL]) expect(priceOf(gpt4o, address, prices).estimate(1e6, 1e6)).toBeCloseTo(4, 9);
  });

  it('is by the hour only where no price by token is known', () => {
    const rented = { ...gpt4o, usd_per_hour: 2 };
    expect(priceOf(rented, LOCAL).per_hour).toBe(2);
    expect(priceOf(rented, OPENAI).per_hour).toBeNull();
  });

  it('of a server that counts nothing is unknown', () => {
    const nothing = { input_tokens: null, output_tokens: null, cached_tokens: null, cost_usd: null };
    expect(priceOf(gpt4o, OPENAI).count({ model: 'gpt-4o', choices: [] })).toEqual(nothing);
    expect(priceOf(gpt4o, OPENAI).count(null)).toEqual(nothing);
    // As a −1 comes out of a server that takes it for an unsigned number, and as a mean does.
    for (const wrong of [-1, 2 ** 64 - 1, 2 ** 32 - 1, 1e308, 12.5, '12'])
      for (const counted of [{ prompt_tokens: wrong }, { completion_tokens: wrong }])
        expect(priceOf(gpt4o, OPENAI).count({ usage: { ...usage, ...counted } })).toEqual(nothing);
  });
});
