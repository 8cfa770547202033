// What our own lines say when their reply is read again: the winner follows from reply and order, not from the verdict
// that stands beside it.
import type { Row } from '../formats/index.js';
import { unblind } from '../judging/present.js';
import { readReply } from '../judging/verdict.js';
import { STOP_REASONS, type StopReason } from '../records.js';

const VERDICT_ALONE = { criteria: [], scale: null, allow_tie: true };

/** The row with its winner derived from the reply; as it stands without reply or order, and for foreign rows. */
export function deriveAgain(row: Row): Row {
  const { reply, order, stop_reason, failure } = row.judgment;
  // What was imported follows the rules of its own format, which its reader has applied; we have presented nothing.
  if (row.format !== 'doubleblind' || row.judgment.presentation_sha256 === null) return row;
  if (reply === null || order === null) return row;
  // An endpoint that fails leaves what had arrived as the reply; words alone cannot tell that it did.
  if (failure === 'unreachable' || failure === 'too-long') return row;
  const known = STOP_REASONS.find((reason): reason is StopReason => reason === stop_reason) ?? null;
  const reading = readReply({ text: reply, stop_reason: known }, VERDICT_ALONE);
  return reading.state === 'judged'
    ? {
        ...row,
        said: reading.verdict,
        derived: { winner: unblind(reading.verdict, order), failure: null, how: 'reply' },
      }
    : { ...row, said: null, derived: { winner: null, failure: reading.failure, how: 'reply' } };
}
