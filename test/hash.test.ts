import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hashOf, hashOfMessages, normalisePrompt, storable } from '../src/hash.js';

describe('canonicalJson', () => {
  it('is the canonical form of any plain value, coordinates included', () => {
    const plain = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(fc.oneof(fc.array(plain), fc.jsonValue()), (value) => {
        let expected: string | undefined;
        try {
          expected = canonicalize(value);
        } catch {
          expect(() => canonicalJson(value)).toThrow();
          return;
        }
        expect(canonicalJson(value)).toBe(expected);
      }),
    );
  });

  it('refuses half a surrogate pair, which has no UTF-8 form', () => {
    expect(() => canonicalJson(['\ud800'])).toThrow();
    expect(canonicalJson(['\ud83d\ude00'])).toBe('["\ud83d\ude00"]');
  });
});

describe('hashOfMessages', () => {
  it('is the hash of their canonical form, whatever the order of their keys', () => {
    const message = fc.record({ role: fc.string(), content: fc.string({ unit: 'grapheme' }) });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const turned = messages.map(({ role, content }) => ({ content, role }));
        expect(hashOfMessages(messages)).toBe(hashOf(messages));
        expect(hashOfMessages(turned)).toBe(hashOf(messages));
      }),
    );
  });
});

describe('storable', () => {
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
});

describe('normalisePrompt', () => {
  it('makes one blank of any run of white space, as the plain rule does', () => {
    const space = fc.constantFrom(' ', '\t', '\n', '\r\n', '\u00a0', '\u2003', 'a', 'é', '');
    fc.assert(
      fc.property(fc.array(space), (parts) => {
        const text = parts.join('');
        expect(normalisePrompt(text)).toBe(text.normalize('NFC').replace(/\s+/gu, ' ').trim());
      }),
    );
  });
});
