import fc from 'fast-check';
import { expect, it } from 'vitest';
import { visible } from '../../src/web/visible.js';

it('terminal codes and marks that turn the writing are shown instead of obeyed', () => {
  expect(visible('\u001b[31mred\u001b[0m')).toBe('␛[31mred␛[0m');
  expect(visible('admin\u202egnp.exe')).toBe('admin[U+202E]gnp.exe');
  expect(visible('zero\u200bwidth \u{e0041}')).toBe('zero[U+200B]width [U+E0041]');
});

it('what people write stays: lines, tabs, accents, Arabic, joined emoji', () => {
  const text = 'Zeile\n\tspalte é العربية 👩‍👩‍👧';
  expect(visible(text)).toBe(text);
});

it('nothing unseen is left in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visible(text)).not.toMatch(
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b\ufeff]/,
      );
    }),
  );
});
