// Exactly what the judge was sent, message by message in its order, and what it said.
import type { Evidence } from '../answers.js';
import { ModelText } from './text.js';

export function Seen({ evidence: { judgment, messages, reason, slots } }: { evidence: Evidence }) {
  return (
    <div className="seen">
      {slots !== null && (
        <p className="quiet">
          A, printed first, is the {slots.A}; B, printed second, is the {slots.B}. The judge was not told.
        </p>
      )}
      {messages === null ? (
        <p>{reason}</p>
      ) : (
        messages.map(({ role, content }, i) => (
          <section key={i} aria-label={`${role} message`}>
            <h2>{role}</h2>
            <ModelText text={content} as="written" />
          </section>
        ))
      )}
      <section aria-label="Reply of the judge">
        <h2>{judgment.judge} replied</h2>
        {judgment.reply === null ? (
          <p className="quiet">No reply is stored.</p>
        ) : (
          <ModelText text={judgment.reply} as="written" />
        )}
      </section>
    </div>
  );
}
