// The name of a screen: its heading, the window's title, and where the focus goes when the screen opens.
import { type ReactNode, useEffect, useRef } from 'react';

let opened = false;

/** The one `h1` of a screen; `name` stands in the window's title. */
export function Title({ name, children }: { name: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${name} · doubleblind`;
  }, [name]);
  useEffect(() => {
    // Not on the first screen: the browser has put the focus where it belongs.
    if (opened) heading.current?.focus({ preventScroll: true });
    opened = true;
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? name}
    </h1>
  );
}
