import { beforeEach, describe, expect, it } from 'vitest';
import { calibrate } from '../../src/calibration.js';
import type { Run } from '../../src/records.js';
import { report } from '../../src/report.js';
import { reportMarkdown } from '../../src/report/markdown.js';
import { createQueue } from '../../src/review-queue.js';
import { openStore, type Store } from '../../src/store/index.js';
import { castVote } from '../../src/votes.js';
import { winRates } from '../../src/win-rates.js';
import { correctedWords } from '../../src/words.js';
import { seedRun } from '../http/seeded.js';
import { freshDatabase } from '../stores.js';

let store: Store;
let run: Run;
beforeEach(async () => {
  store = await openStore(await freshDatabase());
  run = await seedRun(store, { prompts: [60, 30] });
  return () => store.close();
});

/** Two people who say what the second judge says, on prompts that chance drew. */
async function vote(n: number): Promise<void> {
  await createQueue(store, run, { n, strategy: 'random', reviewers: ['ana', 'ben'], overlap: 0.5, now: '2026-11-21' });
  for (const { position, repeat, reviewer, order } of await store.reviewItems(run.id)) {
    const candidate = order === 'candidate-first' ? 'A' : 'B';
    const said = position % 5 === 4 ? 'tie' : candidate;
    const ballot = { position, repeat, reviewer, order };
    await castVote(store, run, ballot, said, { at: '2026-11-21', via: 'file', change: false });
  }
}

const written = async () => {
  const summary = await winRates(store, run);
  const page = (await report(store, run, summary)).replace(/\s+/g, ' ');
  return { page, markdown: await reportMarkdown(store, run, summary) };
};

describe('judges against people in a report', () => {
  it('stand in page and Markdown with agreement, ceiling, baselines, verdict on the judge and corrected win rates', async () => {
    await vote(40);
    const calibration = await calibrate(store, run);
    const { page, markdown } = await written();
    for (const text of [page, markdown]) {
      expect(text).toContain('Judges against people');
      expect(text).toContain('40 prompts drawn by chance');
      expect(text).toContain('People agree with each other in');
      for (const words of ['always the longer', 'always the first', 'corrected (PPI++)'])
        expect(text.replaceAll('\\+', '+')).toContain(words);
      for (const { judge, sentence, corrected } of calibration.judges) {
        expect(text).toContain(judge);
        expect(text).toContain(sentence);
        for (const { raw } of corrected) expect(text).toContain(correctedWords(raw));
      }
    }
    expect(page).toContain('what people said (rows) and what first-judge said');
    // The second judge says what people say.
    const { ppi } = calibration.judges[1]!.corrected[0]!;
    expect(ppi.win_rate).not.toBeNull();
    expect(page).toContain(correctedWords(ppi));
  });

  it('say why a win rate is not corrected', async () => {
    await vote(8);
    const { page, markdown } = await written();
    for (const text of [page, markdown]) expect(text).toContain('at least 20 are needed');
  });

  it('are not there where no person has judged', async () => {
    const { page, markdown } = await written();
    for (const text of [page, markdown]) expect(text).not.toContain('against people');
  });
});
