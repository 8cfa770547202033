// A run as it goes on: its server-sent events. The browser connects again by itself and names the last event it saw,
// but gives up when a service that is being restarted answers with a refusal; then the page asks again.
import { useEffect, useRef, useState } from 'react';
import type { LiveProgress } from '../answers.js';

/** At most so often are the numbers asked for anew, and the events after a refusal, in milliseconds. */
const APART_MS = 3000;

/** Follows the events at a path, or nothing while the path is null. */
export function useLive(path: string | null, told: { changed: () => void; ended: () => void }): LiveProgress | null {
  const [live, setLive] = useState<LiveProgress | null>(null);
  const latest = useRef(told);
  useEffect(() => {
    latest.current = told;
  });
  useEffect(() => {
    if (path === null) return undefined;
    let events: EventSource;
    let numbers: ReturnType<typeof setTimeout> | undefined;
    let refused: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      events = new EventSource(path);
      events.addEventListener('progress', (event: MessageEvent<string>) => {
        setLive(JSON.parse(event.data) as LiveProgress);
        numbers ??= setTimeout(() => {
          numbers = undefined;
          latest.current.changed();
        }, APART_MS);
      });
      events.addEventListener('end', () => {
        events.close();
        latest.current.ended();
      });
      events.addEventListener('error', () => {
        if (events.readyState !== EventSource.CLOSED) return;
        // It may have ended meanwhile.
        latest.current.ended();
        refused = setTimeout(open, APART_MS);
      });
    };
    open();
    return () => {
      clearTimeout(numbers);
      clearTimeout(refused);
      events.close();
    };
  }, [path]);
  return live;
}
