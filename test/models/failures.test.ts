// Providers' own words, as the SDKs hand them over.
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../src/models/failures.js';

const fault = (status: number, message: string, more: object = {}) =>
  faultOf(Object.assign(new Error(`${status} ${message}`), { status, error: { message }, ...more }), 0);

describe('what an endpoint says', () => {
  it.each([
    [400, 'input length and `max_tokens` exceed context limit: 199000 + 20000 > 200000, decrease input length'],
    [422, 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4090 and 100'],
    [422, 'Input validation error: `inputs` must have less than 4095 tokens. Given: 5000'],
    [400, 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
    [400, 'Input tokens exceed the configured limit of 272000 tokens.'],
    [400, 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'],
    [400, "This model's maximum context length is 8192 tokens."],
    [400, 'prompt is too long: 300000 tokens > 200000 maximum'],
    [413, 'Request too large for model `llama`'],
    [429, 'Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 50000.'],
    [429, 'Rate limit reached on tokens per min (TPM): Limit 30,000, Requested 50,000.'],
  ])('of a question that is too long, %i %s, concerns this question and is not waited for', (status, message) =>
    expect(fault(status, message)).toMatchObject({ kind: 'unit', failure: 'too-long' }),
  );

  it.each([
    'Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.',
    'Number of request tokens has exceeded your per-minute rate limit',
    'too many requests',
  ])('of too many calls, %s, is waited for', (message) => expect(fault(429, message).kind).toBe('limited'));

  it.each([
    [400, 'You have reached your specified API usage limits. You will regain access on 2026-11-01 at 00:00 UTC.'],
    [400, 'Your credit balance is too low to access the Anthropic API.'],
    [429, 'You have reached your specified API usage limits.'],
    [402, 'pay'],
  ])('of a quota, %i %s, stops the model', (status, message) => {
    const { kind, message: told } = fault(status, message);
    expect(kind).toBe('stop');
    expect(told).toContain('the quota is used up');
  });

  it.each([
    [400, 'messages: at least one message is required'],
    [400, 'max_tokens must be positive'],
  ])('of anything else, %i %s, concerns this question', (status, message) =>
    expect(fault(status, message)).toMatchObject({ kind: 'unit', failure: 'unreachable' }),
  );

  it('is told with its status once, also where it says nothing', () => {
    const { message } = faultOf(Object.assign(new Error('404 {}'), { status: 404, error: {} }), 0);
    expect(message).toBe('no such model or address: 404 {}');
    expect(fault(500, 'broken').message).toBe('500 broken');
  });
});
