import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, TAGS, toHtml } from '../../src/web/markdown.js';

/** Every tag of an HTML text, with its attributes. */
const tagsOf = (html: string) =>
  [...html.matchAll(/<\/?([a-z][^\s>/]*)([^>]*)>/gi)].map(([, name = '', rest = '']) => ({
    name: name.toLowerCase(),
    attributes: [...rest.matchAll(/([\w:-]+)=/g)].map(([, attribute = '']) => attribute),
  }));

describe('Markdown of a model', () => {
  it('keeps what is for reading', () => {
    const html = toHtml('# Title\n\n- a **b**\n- `c`\n\n| x | y |\n|---|---|\n| 1 | 2 |')!;
    for (const tag of ['strong', 'ul', 'li', 'code', 'table', 'td']) expect(html).toContain(`<${tag}`);
    expect(html).not.toContain('<h1');
  });
  it('shows raw HTML as the text it is', () => {
    expect(toHtml('<script>alert(1)</script>')).toContain('&lt;script&gt;');
    expect(toHtml('a <img src=x onerror=alert(1)> b')).toContain('&lt;img');
  });
  it('turns links and pictures into their text and address', () => {
    expect(toHtml('[go](javascript:alert(1))')).toBe('<p>go <code>javascript:alert(1)</code></p>\n');
    expect(toHtml('![eye](https://track.example/x.png)')).toContain(
      '[image: eye] <code>https://track.example/x.png</code>',
    );
    expect(toHtml('https://example.com')).not.toContain('<a');
  });
  it('makes no tag and no attribute but its own, from any text', () => {
    const bits = ['<', '>', '"', "'", '`', '*', '_', '[', ']', '(', ')', '!', '#', '|', '\n', ' ', '&', '-', '1.', ':'];
    const words = [
      'script',
      'javascript:',
      'onload=',
      'style',
      'a href',
      'https://x.example',
      '<!--',
      'svg',
      'id="top"',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...bits, ...words)).map((parts) => parts.join('')),
        (text) => {
          for (const { name, attributes } of tagsOf(toHtml(text) ?? '')) {
            expect(TAGS).toContain(name);
            for (const attribute of attributes) expect(ATTRIBUTES).toContain(attribute);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
  it('is given up where it is nested too deep to follow, and never throws', () => {
    const deep = toHtml('>'.repeat(50_000));
    expect(deep === null || deep.length > 0).toBe(true);
  });
});
