// What goes wrong while a run is carried out, each told once: why calls came to nothing, whose endpoint is of no more
// use, and what the budget is charged for by guesses.
import { DoubleblindError } from './errors.js';

/** Reasons of failures that are told of each checkpoint and judge. */
const REASONS = 3;

export class Troubles {
  /** Roles and judges whose endpoint is of no more use, and why; their units stay due while others go on. */
  readonly down = { roles: new Map<string, string>(), judges: new Map<string, string>() };
  private readonly reasons = new Map<string, Set<string>>();
  private guessed = false;

  constructor(private readonly warn: (warning: { code: string; message: string }) => void) {}

  /** The first reasons of each who failed: a provider says in other words what a record cannot. */
  failed(who: string, message: string): void {
    const told = this.reasons.get(who) ?? new Set();
    if (told.size === REASONS || told.has(message)) return;
    this.reasons.set(who, told.add(message));
    this.warn({ code: 'CALL_FAILED', message: `${who}: ${message}` });
  }

  /** Nobody asks a role or judge any more. */
  ended(of: 'roles' | 'judges', who: string, why: string): void {
    if (this.down[of].has(who)) return;
    this.down[of].set(who, why);
    this.warn({ code: 'ENDPOINT_DOWN', message: `${who}: ${why.replace(/(?<![.!?])$/, '.')} Its work stays due.` });
  }

  /** An answer did not say what it used. */
  guesses(who: string): void {
    if (this.guessed) return;
    this.guessed = true;
    const message = `answers of ${who} do not say how many tokens they used: the budget is charged for about four characters a token, and what they cost stays unknown.`;
    this.warn({ code: 'USAGE_UNKNOWN', message });
  }

  /** Whose endpoints are of no more use, with the reasons; null while all are of use. */
  get error(): DoubleblindError | null {
    const lines = new Map<string, string[]>();
    for (const [who, why] of [...this.down.roles, ...this.down.judges])
      lines.set(why, [...(lines.get(why) ?? []), who]);
    if (lines.size === 0) return null;
    const message = [...lines].map(([why, who]) => `${who.join(', ')}: ${why}`).join('; ');
    return new DoubleblindError('ENDPOINT_DOWN', message, { hint: 'What was judged is kept; resume when it is back.' });
  }
}
