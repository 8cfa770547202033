import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { later } from '../src/later.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what is needed later', () => {
  it('is not loaded at once, and after a second without being asked for', () => {
    const load = vi.fn(() => Promise.resolve('it'));
    later(load);
    vi.advanceTimersByTime(999);
    expect(load).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(load).toHaveBeenCalledOnce();
  });

  it('is loaded once, whoever asks first', async () => {
    const load = vi.fn(() => Promise.resolve('it'));
    const ask = later(load);
    expect(await ask.now()).toBe('it');
    vi.advanceTimersByTime(2000);
    expect(await ask.now()).toBe('it');
    expect(load).toHaveBeenCalledOnce();
  });

  it('does not keep a process from its end', () => {
    vi.useRealTimers();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    later(() => Promise.resolve('it')).drop();
    expect((timers.mock.results[0]!.value as NodeJS.Timeout).hasRef()).toBe(false);
    timers.mockRestore();
  });

  it('is not loaded once nobody will ask', () => {
    const load = vi.fn(() => Promise.resolve('it'));
    later(load).drop();
    vi.advanceTimersByTime(2000);
    expect(load).not.toHaveBeenCalled();
  });

  it('tells who asks why it could not be loaded, and nobody else', async () => {
    const ask = later(() => Promise.reject(new Error('gone')));
    await vi.advanceTimersByTimeAsync(2000);
    await expect(ask.now()).rejects.toThrow('gone');
  });
});
