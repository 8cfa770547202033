import { describe, expect, it } from 'vitest';
import { pythonRandom, seededOrder } from '../../src/formats/alpaca-order.js';

describe('the order that AlpacaEval draws', () => {
  it("is drawn with Python's generator (answers of CPython 3.11 `random.Random(text).random()`)", () => {
    expect(pythonRandom('hello')).toBe(0.3537754404730722);
    expect(pythonRandom('')).toBe(0.9602256525641875);
    // Longer than the generator's 624 words of state, and not ASCII.
    expect(pythonRandom('é☃ long '.repeat(900))).toBe(0.7171583703396267);
  });

  it('shows the model first where the draw is at least one half', () => {
    const first = (text: string) => pythonRandom(`is_switched_outputs${text}0`) >= 0.5;
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f'])
      expect(seededOrder(text)).toBe(first(text) ? 'candidate-first' : 'baseline-first');
    expect(new Set(['a', 'b', 'c', 'd', 'e', 'f'].map((text) => seededOrder(text))).size).toBe(2);
  });

  it('is another draw for another seed', () => {
    const texts = Array.from({ length: 40 }, (_, i) => `instruction ${i}`);
    expect(texts.some((text) => seededOrder(text, 0) !== seededOrder(text, 1))).toBe(true);
  });
});
