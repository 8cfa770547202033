// What of a run is open at the providers' batch services, judge by judge, in the words of the terminal.
import type { OpenBatches } from '../answers.js';
import { batchWords } from '../words.js';
import { moment } from './numbers.js';

export function OpenBatchList({ batches: { judges } }: { batches: OpenBatches }) {
  return (
    <div className="batches">
      <p className="quiet">Handed in at the providers’ batch services, which answer within a day:</p>
      <ul aria-label="Open batches">
        {judges.map(({ judge, since, ...counts }) => (
          <li key={judge}>
            <b>{judge}</b> {batchWords(counts)}, since <time dateTime={since}>{moment(since)}</time>
          </li>
        ))}
      </ul>
    </div>
  );
}
