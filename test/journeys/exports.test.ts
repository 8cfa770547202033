import { appendFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { judgedLines, responseLine } from '../../src/export.js';
import type { Launched } from '../../src/launch.js';
import type { Judgment } from '../../src/records.js';
import type { Store } from '../../src/store/index.js';
import type { LoggedRequest } from '../server/index.js';
import { type Journey, openJourney } from './world.js';

let journey: Journey;
afterEach(() => journey.close());

/** The journey's store, and how many judgments were read from it whole. */
function counting(): { store: Store; read: () => number } {
  let judgments = 0;
  async function* allJudgments(run: string): AsyncIterable<Judgment> {
    for await (const judgment of journey.store.allJudgments(run)) {
      judgments++;
      yield judgment;
    }
  }
  return { store: { ...journey.store, allJudgments }, read: () => judgments };
}

/** Both files of a run are what its store holds, in its order. */
async function areStored({ run, folder }: Launched): Promise<void> {
  let [judged, answered] = ['', ''];
  for await (const line of judgedLines(journey.store, run.id)) judged += line;
  for await (const response of journey.store.allResponses(run.id)) answered += `${responseLine(response)}\n`;
  expect(judged).not.toBe('');
  expect(await readFile(join(folder, 'judged.jsonl'), 'utf8')).toBe(judged);
  expect(await readFile(join(folder, 'responses.jsonl'), 'utf8')).toBe(answered);
}

it('lines that were appended are put in the order of the store, and no judgment is read again', async () => {
  journey = await openJourney({ faults: { refusal: 0.2, unreadable: 0.2 } });
  const { store, read } = counting();
  const file = await journey.runFile({ canaries: true, retest: 0.3, template: 'pairwise-rubric' });
  const launched = await journey.run(file, {}, { store });
  expect(read()).toBe(0);
  await areStored(launched);
});

it('a run that is gone on with is read from the store', async () => {
  journey = await openJourney();
  const { store, read } = counting();
  const file = await journey.runFile();
  await journey.run(file, { limit: 3 });
  const launched = await journey.run(file, {}, { store });
  expect(read()).toBeGreaterThanOrEqual(24);
  await areStored(launched);
});

it('so is one whose texts look as if a database would change them, and those it would are changed before', async () => {
  const rule = ({ body }: LoggedRequest) =>
    body['model'] === 'tuned-model'
      ? {
          status: 200,
          body: { choices: [{ message: { content: 'Half \ud83d of \0, \\ud83d in JSON.' }, finish_reason: 'stop' }] },
        }
      : null;
  journey = await openJourney({ rule });
  const { store, read } = counting();
  const launched = await journey.run(await journey.runFile(), {}, { store });
  expect(read()).toBe(24);
  const { items } = await journey.store.judgments(launched.run.id);
  for (const { candidate_response } of items)
    expect(candidate_response).toBe('Half \uFFFD of \uFFFD, \\ud83d in JSON.');
  await areStored(launched);
});

it('and a run whose file somebody changed meanwhile', async () => {
  journey = await openJourney();
  const { store, read } = counting();
  const launched = await journey.run(
    await journey.runFile(),
    {},
    {
      store,
      onProgress({ done, due }) {
        if (done < due) return;
        const exports = join(journey.folder, 'exports');
        const name = readdirSync(exports, { recursive: true }).find((path) => String(path).endsWith('judged.jsonl'))!;
        appendFileSync(join(exports, String(name)), '{}\n');
      },
    },
  );
  expect(read()).toBe(24);
  await areStored(launched);
});
