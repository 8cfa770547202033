import fc from 'fast-check';
import { expect, it } from 'vitest';
import { storable } from '../src/storable.js';

it('what a database would change or refuse becomes one replacement character each, and nothing else changes', () => {
  expect(storable('a\ud83d b\0\0c \ud83d\ude00 \\u0000')).toBe('a\uFFFD b\uFFFD\uFFFDc \ud83d\ude00 \\u0000');
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, (one) => {
      const kept = storable(one);
      expect(kept.length).toBe(one.length);
      expect(Buffer.from(kept).toString()).toBe(kept);
      expect(kept).not.toContain('\0');
      if (one.isWellFormed() && !one.includes('\0')) expect(kept).toBe(one);
    }),
  );
});
