// What a model wrote, inert: as Markdown or as written, with the quoted words marked. Nothing in it can act, load or hide.
import DOMPurify from 'dompurify';
import { Fragment, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { ATTRIBUTES, TAGS, toHtml } from './markdown.js';
import { count } from './numbers.js';
import { findQuote } from './quote.js';
import { visible } from './visible.js';

/** Longer texts are cut to this many UTF-16 units until the reader asks for all; then they stand as written. */
const LONG = 20_000;

interface Props {
  text: string;
  as: 'markdown' | 'written';
  quote?: string | null;
}

export function ModelText({ text, as, quote = null }: Props) {
  const [whole, setWhole] = useState(false);
  const isLong = text.length > LONG;
  const shown = visible(isLong && !whole ? text.slice(0, LONG) : text);
  return (
    <div className="model" dir="auto">
      {shown === '' ? (
        <p className="quiet">(an empty text)</p>
      ) : as === 'markdown' && !isLong ? (
        <Markdown text={shown} quote={quote} />
      ) : (
        <Written text={shown} quote={quote} />
      )}
      {isLong && !whole && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {count(text.length)} characters
        </button>
      )}
    </div>
  );
}

function Written({ text, quote }: { text: string; quote: string | null }) {
  const found = useMemo(() => (quote === null ? [] : findQuote(text, visible(quote))), [text, quote]);
  return (
    <div className="written">
      {found.map(([start, end], i) => (
        <Fragment key={start}>
          {text.slice(found[i - 1]?.[1] ?? 0, start)}
          <mark>{text.slice(start, end)}</mark>
        </Fragment>
      ))}
      {text.slice(found.at(-1)?.[1] ?? 0)}
    </div>
  );
}

function Markdown({ text, quote }: { text: string; quote: string | null }) {
  const frame = useRef<HTMLDivElement>(null);
  const html = useMemo(() => toHtml(text), [text]);
  useLayoutEffect(() => {
    if (html === null) return;
    const fragment = DOMPurify.sanitize(html, {
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: ATTRIBUTES,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      RETURN_DOM_FRAGMENT: true,
    });
    if (quote !== null) markQuote(fragment, visible(quote));
    frame.current!.replaceChildren(fragment);
  }, [html, quote]);
  return html === null ? <Written text={text} quote={quote} /> : <div className="markdown" ref={frame} />;
}

/** Wraps the quoted words in `mark`, also where they run over several elements. */
function markQuote(fragment: DocumentFragment, quote: string): void {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode() !== null) nodes.push(walker.currentNode as Text);
  const found = findQuote(nodes.map((node) => node.data).join(''), quote);
  let at = 0;
  for (const node of nodes) {
    const length = node.length;
    // From the last to the first, so that splitting leaves the places before it alone.
    for (const [from, to] of found.toReversed()) {
      const start = Math.max(from - at, 0);
      const end = Math.min(to - at, length);
      if (start >= end || node.data.slice(start, end).trim() === '') continue;
      const words = node.splitText(start);
      words.splitText(end - start);
      const mark = document.createElement('mark');
      words.replaceWith(mark);
      mark.append(words);
    }
    at += length;
  }
}
