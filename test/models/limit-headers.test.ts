import { describe, expect, it } from 'vitest';
import { pauseMs, retryAfterMs } from '../../src/models/limit-headers.js';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const after = (headers: Record<string, string>): number | null => retryAfterMs(new Headers(headers), NOW);
const pause = (headers: Record<string, string>, sentAfter = 0): number | null =>
  pauseMs(new Headers(headers), sentAfter, NOW);

describe('how long a refusal asks to wait', () => {
  it.each([
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    [{ 'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 09:59:30 GMT' }, 0],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m30.5s' }, 90_500],
    [
      { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': '2026-11-21T10:00:07Z' },
      7000,
    ],
    [{}, null],
    [{ 'retry-after': 'soon' }, null],
  ])('%j is %s ms', (headers, ms) => expect(after(headers)).toBe(ms));

  it('is measured by the clock of the server that names a time, not by ours', () => {
    const headers = { date: 'Sat, 21 Nov 2026 12:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 12:00:05 GMT' };
    expect(after(headers)).toBe(5000);
  });
});

describe('the pause that an answer asks for', () => {
  it('counts what was sent after it against what was left', () => {
    const headers = { 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': '120ms' };
    expect(pause(headers, 4)).toBeNull();
    expect(pause(headers, 5)).toBe(120);
  });

  it('is the longest of all that are used up, tokens too', () => {
    const headers = {
      'anthropic-ratelimit-requests-remaining': '9',
      'anthropic-ratelimit-requests-reset': '2026-11-21T10:00:40Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-21T10:00:12Z',
      'anthropic-ratelimit-output-tokens-remaining': '0',
      'anthropic-ratelimit-output-tokens-reset': '2026-11-21T10:00:03Z',
    };
    expect(pause(headers)).toBe(12_000);
  });

  it('reads seconds from now and seconds since 1970 alike', () => {
    expect(pause({ 'ratelimit-remaining': '0', 'ratelimit-reset': '7' })).toBe(7000);
    expect(pause({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 7) })).toBe(7000);
    expect(pause({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 7000) })).toBe(7000);
  });

  it('is a minute at most, so that a daily counter does not stop a run that is still answered', () => {
    expect(pause({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '23h' })).toBe(60_000);
  });

  it('is none where something is left, where nothing is said, and for a counter without limit', () => {
    expect(pause({ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '9s' })).toBeNull();
    expect(pause({ 'x-ratelimit-remaining-requests': '0' })).toBeNull();
    expect(pause({ 'x-ratelimit-remaining-requests': '-1', 'x-ratelimit-reset-requests': '9s' })).toBeNull();
  });
});
