import { describe, expect, it } from 'vitest';
import { planned } from '../../src/cli/planning.js';

const defaults = { ties: 0, judges: 1, icc: 0.6, level: 0.95, power: 0.8 };
const prompts = (more: object) => planned({ ...defaults, ...more }).document.prompts;

describe('power', () => {
  // Known answers: the table of planning in the methods notes (normal approximation, Kish's design effect).
  it.each([
    [0.52, 4904, 6563],
    [0.55, 783, 1047],
    [0.6, 194, 259],
    [0.65, 85, 113],
    [0.7, 47, 62],
  ])('a win rate of %d needs %d prompts at power 0.8 and %d at 0.9', (winRate, at80, at90) => {
    expect(prompts({ winRate })).toBe(at80);
    expect(Math.abs(prompts({ winRate, power: 0.9 })! - at90)).toBeLessThanOrEqual(1);
  });

  it('ties and further judges need fewer prompts, three judges not a third of them', () => {
    expect(prompts({ winRate: 0.6, ties: 0.2 })).toBe(155);
    expect(prompts({ winRate: 0.6, judges: 3 })).toBe(143);
    expect(prompts({ winRate: 0.6, judges: 3, icc: 0 })).toBe(65);
  });

  it('the other way round: what a number of prompts can detect', () => {
    for (const [n, points] of [
      [13, 35],
      [57, 18],
      [200, 10],
      [805, 5],
    ] as const)
      expect(Math.round(100 * (planned({ ...defaults, prompts: n }).document.win_rate! - 0.5))).toBe(points);
  });

  it('one answers the other', () => {
    const { win_rate } = planned({ ...defaults, prompts: 200 }).document;
    expect(prompts({ winRate: win_rate! })).toBe(200);
  });

  it('prompts that exclude a loss of a margin', () => {
    expect([0.05, 0.1].map((margin) => prompts({ margin }))).toEqual([780, 191]);
  });

  it('one half is no effect, and two prompts detect none: null with a reason, never Infinity', () => {
    expect(planned({ ...defaults, winRate: 0.5 }).document).toMatchObject({
      prompts: null,
      reason: expect.any(String) as string,
    });
    expect(planned({ ...defaults, prompts: 2 }).document).toMatchObject({
      win_rate: null,
      reason: expect.any(String) as string,
    });
  });

  it('five prompts show nothing at 95 %, whatever they say and however many judges sit: six are the least', () => {
    expect(planned({ ...defaults, prompts: 5, judges: 9 }).document.win_rate).toBeNull();
    expect(planned({ ...defaults, prompts: 6 }).document.win_rate).not.toBeNull();
    expect(prompts({ winRate: 0.999 })).toBe(6);
    expect(prompts({ winRate: 0.9, judges: 9, icc: 0 })).toBe(6);
    expect(prompts({ winRate: 0.999, level: 0.5 })).toBe(2);
  });

  it('needs exactly one question', () => {
    expect(() => planned(defaults)).toThrow('--win-rate');
    expect(() => planned({ ...defaults, winRate: 0.6, prompts: 10 })).toThrow('--win-rate');
  });
});
