// Does the reply state a verdict at all, and only one?
import type { MakeCheck } from './check.js';

export const unreadableReply: MakeCheck = () => ({
  code: 'UNREADABLE_REPLY',
  see({ format, judgment, derived, recorded_winner: recorded }) {
    if (judgment.reply === null) return 'unverifiable';
    // Our own record says what the reply is: it failed, for this reason, and is counted so.
    const told = format === 'doubleblind' && judgment.presentation_sha256 !== null;
    if (told && judgment.state === 'failed' && judgment.failure === derived.failure) return 'sound';
    if (derived.how !== 'reply' || derived.winner !== null || derived.failure === 'unreachable') return 'sound';
    const why =
      derived.failure === 'contradictory'
        ? 'states more than one verdict'
        : derived.failure === 'unreadable'
          ? 'states no verdict'
          : `has no verdict to read (${derived.failure})`;
    const stated = recorded !== null && recorded !== 'unknown';
    return {
      severity: stated ? 'error' : 'warning',
      recorded,
      derived: null,
      message: `The reply ${why}${stated ? `, yet the recorded winner is ${recorded}` : ''}.`,
    };
  },
});
