// A picture made by Observable Plot, in the width that is there. Its height is known before it is drawn, so that nothing
// jumps.
import { useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';

interface Props {
  /** Draws the picture for a width in pixels. */
  draw: (width: number) => Element;
  /** In pixels. */
  height: number;
  /** The picture in words. */
  words: string;
}

/** An SVG with its text alternative. */
export function Picture({ draw, height, words }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const box = frame.current!;
    const measure = () => setWidth(box.clientWidth);
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(box);
    return () => {
      watch.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    if (width === 0) return;
    const picture = draw(width);
    // Plot writes a style element, which the content security policy refuses, and names bare groups, which no role
    // allows: the page's own sheet and one name for the whole stand in for both.
    for (const style of picture.querySelectorAll('style')) style.remove();
    for (const part of picture.querySelectorAll('[aria-label], [aria-hidden]')) {
      part.removeAttribute('aria-label');
      part.removeAttribute('aria-hidden');
    }
    picture.setAttribute('role', 'img');
    picture.setAttribute('aria-label', words);
    frame.current!.replaceChildren(picture);
  }, [draw, width, words]);
  return <div className="picture" ref={frame} style={{ height }} />;
}

const phone = matchMedia('(width < 48rem)');

/** Whether the page is as narrow as a phone; the same bound stands in styles/places.css. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      phone.addEventListener('change', changed);
      return () => {
        phone.removeEventListener('change', changed);
      };
    },
    () => phone.matches,
  );
}
