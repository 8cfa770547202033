// Where the reader is: the browser's address, changed without loading the page anew.
import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
const told = () => {
  for (const listener of listeners) listener();
};
addEventListener('popstate', told);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const snapshot = () => location.pathname + location.search;

/** Path and query of the address, kept up to date. */
export function useAddress(): { pathname: string; search: string } {
  const [pathname = '/', search = ''] = useSyncExternalStore(subscribe, snapshot).split(/(?=\?)/);
  return { pathname, search };
}

/** Goes to a path of the page; `replace` leaves no step back, for filters that are being typed. */
export function go(path: string, { replace = false } = {}): void {
  if (path === snapshot()) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  told();
}

/** A link within the page. Modified clicks open tabs and windows as everywhere. */
export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
    scrollTo(0, 0);
  };
  return <a {...rest} href={href} onClick={follow} />;
}
