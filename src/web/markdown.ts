// Markdown of models as HTML that can only be read: headings, lists, tables, code, emphasis. Raw HTML is shown as the
// text it is; links and images become their text and address. The page cleans the result once more (text.tsx).
import { Marked, type Tokens } from 'marked';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => escapes[c]!);

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escape(text),
    link({ href, tokens }: Tokens.Link) {
      const words = this.parser.parseInline(tokens);
      return escape(href) === words ? words : `${words} <code>${escape(href)}</code>`;
    },
    image: ({ href, text }: Tokens.Image) => `[image: ${escape(text)}] <code>${escape(href)}</code>`,
    // Headings of an answer stand below those of the page, and all on one level, so that its outline stays whole.
    heading({ tokens }: Tokens.Heading) {
      return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
    },
    code: ({ text }: Tokens.Code) => `<pre tabindex="0"><code>${escape(text)}</code></pre>`,
    checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
  },
});

/** Tags that `toHtml` makes. */
export const TAGS = 'p br strong em del code pre blockquote ul ol li hr table thead tbody tr th td'.split(' ');
/** Attributes that `toHtml` makes. */
export const ATTRIBUTES = ['align', 'start', 'tabindex'];

/** HTML of a Markdown text, or null where it cannot be read as Markdown (nested too deep to follow). */
export function toHtml(text: string): string | null {
  try {
    return marked.parse(text, { async: false });
  } catch {
    return null;
  }
}
