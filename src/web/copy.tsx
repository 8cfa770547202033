// A button that puts a text on the clipboard and says so.
import { useState } from 'react';

export function Copy({ text, children }: { text: string; children: string }) {
  const [said, say] = useState<string | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say('copied');
    } catch {
      // A page that is not served over HTTPS or from this machine has no clipboard.
      say(text);
    }
    setTimeout(() => say(null), 4000);
  };
  return (
    <button type="button" className="plain copy" onClick={() => void copy()}>
      <span aria-live="polite">{said ?? children}</span>
    </button>
  );
}
