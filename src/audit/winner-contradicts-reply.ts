// Does the recorded winner follow from the judge's words under the file's labelling?
import type { Row } from '../formats/index.js';
import type { MakeCheck } from './check.js';

export const winnerContradictsReply: MakeCheck = () => ({
  code: 'WINNER_CONTRADICTS_REPLY',
  see(row) {
    const { derived, recorded_winner: recorded } = row;
    if (recorded === null) return 'outside';
    if (derived.how === 'recorded') return recorded === 'unknown' ? 'outside' : 'unverifiable';
    if (derived.winner === null) {
      // The texts below are about replies; a preference that fits no order is a contradiction in numbers.
      const inNumbers = derived.how === 'log-probabilities' && derived.failure === 'contradictory';
      if (!inNumbers) return 'outside';
      const message = 'The recorded preference follows from the log-probabilities of the reply in neither order.';
      return { severity: 'error', recorded, derived: null, message };
    }
    if (recorded === derived.winner) return madeOfWinner(row) ? 'unverifiable' : 'sound';
    return { severity: 'error', recorded, derived: derived.winner, message: messageOf(row, recorded) };
  },
});

/** Whether a verdict may be no more than winner and order, of which an import makes one where a row has no reply. */
function madeOfWinner({ format, derived, judgment }: Row): boolean {
  const ours = format === 'doubleblind' || format === 'imported';
  const { presentation_sha256, reply, judge } = judgment;
  const imported = ours && presentation_sha256 === null && !judge.startsWith('human:');
  return imported && derived.how === 'verdict' && reply === null;
}

function messageOf({ derived, labels, said, order_source, judgment }: Row, recorded: string): string {
  const from =
    derived.how === 'reply'
      ? `The reply says ${said}`
      : derived.how === 'verdict'
        ? `The verdict is ${said}`
        : `The log-probabilities of the reply favour ${said}`;
  const meaning = labels && said !== 'tie' && said !== null ? `, ${said} is the ${labels[said]}'s text` : '';
  const order =
    judgment.order === null ? '' : `, order ${judgment.order}${order_source === 'seed' ? ' by the seed' : ''}`;
  const stated = recorded === 'unknown' ? 'no winner is recorded' : `the recorded winner is ${recorded}`;
  return `${from}${meaning}${order}; ${stated}.`;
}
