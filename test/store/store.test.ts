import { expect, it } from 'vitest';
import type { Answer, Judgment, Order, Response, Run, Winner } from '../../src/records.js';
import { tally } from '../../src/stats/index.js';
import { judgmentId } from '../../src/store/judgment-writes.js';
import { responseId } from '../../src/store/responses.js';
import { openStore } from '../../src/store/index.js';
import { everyStore } from '../stores.js';

const RUN: Run = {
  id: '20260101_000000-abcd',
  configuration: 'c0ffee',
  name: 'store',
  purpose: 'baseline_comparison',
  description: null,
  data_purpose: null,
  data_path: null,
  tags: { team: 'blue', stage: 'test' },
  baseline: 'base',
  candidate: 'tuned',
  sweep: null,
  origin: 'own',
  status: 'done',
  reason: null,
  config: { seed: 7 },
  decision_rule: { level: 0.95 },
  environment: {},
  identities: {},
  planned: { prompts: 3, comparisons: 6, responses: 12, judgments: 24 },
  exports: null,
  created_at: '2026-01-01T00:00:00.000Z',
  started_at: null,
  ended_at: null,
};
const SUITE = {
  name: 'letters',
  domain: 'in-domain' as const,
  description: null,
  prompts: ['a', 'b', 'c'].map((id) => ({
    id,
    category: id === 'c' ? null : 'x',
    prompt: `Say ${id}. “ü\u2028😀”`,
    messages: null,
    system: id === 'b' ? 'Be brief.' : null,
    reference: null,
  })),
};
const WINNERS: (Winner | null)[] = ['candidate', 'baseline', 'tie', 'candidate', null, 'candidate'];

function responses(run = RUN): { response: Response; position: number }[] {
  return SUITE.prompts.flatMap(({ id, prompt }, position) =>
    [0, 1].flatMap((repeat) =>
      (['baseline', 'candidate'] as const).map((role) => ({
        position,
        response: {
          schema: 'doubleblind/response@1' as const,
          id: responseId(run.id, SUITE.name, id, repeat, role),
          run_id: run.id,
          suite: SUITE.name,
          prompt_id: id,
          prompt,
          repeat,
          role,
          checkpoint: role === 'baseline' ? 'base' : 'tuned',
          provider: 'openai',
          model: 'm',
          model_served: 'm',
          response: `${role} says ${id}${role === 'candidate' ? ' at more length' : ''} ${repeat}`,
          state: 'answered' as const,
          failure: null,
          stop_reason: 'end',
          input_tokens: 3,
          output_tokens: 4,
          cost_usd: 0.001,
          latency_ms: 5,
          generated_at: '2026-01-01T00:00:01.000Z',
        },
      })),
    ),
  );
}

/** Two judges, both orders, two repeats, a retest and a canary: every kind of row. */
function judgments(run = RUN): { judgment: Judgment; position: number; own_texts: boolean }[] {
  const texts = new Map(
    responses(run).map(({ response }) => [`${response.prompt_id} ${response.repeat} ${response.role}`, response]),
  );
  let n = 0;
  const rows = SUITE.prompts.flatMap((prompt, position) =>
    [0, 1].flatMap((repeat) =>
      ['ann', 'bob'].flatMap((judge) =>
        (['baseline-first', 'candidate-first'] as Order[]).flatMap((order) =>
          [0, ...(prompt.id === 'a' && repeat === 0 ? [1] : [])].map((replicate) => {
            const winner = WINNERS[(n++ * 7 + position) % WINNERS.length]!;
            const at = {
              run_id: run.id,
              suite: SUITE.name,
              prompt_id: prompt.id,
              repeat,
              judge,
              order,
              replicate,
              canary: null,
            };
            const judgment = {
              schema: 'doubleblind/judgment@1',
              ...at,
              id: judgmentId(at),
              domain: SUITE.domain,
              category: prompt.category,
              prompt: prompt.prompt,
              baseline: 'base',
              candidate: 'tuned',
              baseline_response: texts.get(`${prompt.id} ${repeat} baseline`)!.response,
              candidate_response: texts.get(`${prompt.id} ${repeat} candidate`)!.response,
              baseline_stop_reason: 'end',
              candidate_stop_reason: 'end',
              presentation_notes: n % 5 === 0 ? ['A: 1 marker neutralised'] : [],
              judge_provider: 'openai',
              judge_model: 'j',
              judge_model_served: 'j-1',
              template: 'prompts/pairwise.md@0123456789ab',
              presentation_sha256: 'f'.repeat(64),
              reply: '{"verdict":"A"}',
              stop_reason: 'end',
              state: winner === null ? 'failed' : 'judged',
              failure: winner === null ? 'refused' : null,
              verdict:
                winner === null
                  ? null
                  : winner === 'tie'
                    ? 'tie'
                    : (winner === 'baseline') === (order === 'baseline-first')
                      ? 'A'
                      : 'B',
              winner,
              score: winner === null ? null : { candidate: 1, tie: 0.5, baseline: 0 }[winner],
              baseline_scores: winner === null ? null : { depth: 3, style: n % 3 },
              candidate_scores: winner === null ? null : { depth: 4, style: 1 },
              rationale: 'because',
              quote: 'says',
              quote_found_in: winner === null ? null : n % 4 === 0 ? 'baseline' : 'both',
              input_tokens: 10,
              output_tokens: 2,
              cached_tokens: 0,
              cost_usd: n % 6 === 0 ? null : 0.01,
              latency_ms: 12.5,
              attempts: 1 + (n % 2),
              judged_at: `2026-01-01T00:01:${String(n % 60).padStart(2, '0')}.000Z`,
            } as Judgment;
            return { judgment, position, own_texts: false };
          }),
        ),
      ),
    ),
  );
  const { judgment } = rows[0]!;
  const canary = {
    ...judgment,
    canary: 'padded' as const,
    candidate_response: 'padded padded',
    winner: 'baseline' as const,
    verdict: 'A' as const,
    score: 0,
    state: 'judged' as const,
    failure: null,
  };
  return [...rows, { judgment: { ...canary, id: judgmentId(canary) } as Judgment, position: 0, own_texts: true }];
}

const all = async <T>(rows: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
};
const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

everyStore('a store', (open, engine) => {
  const filled = async () => {
    const store = await open();
    await store.createRun(RUN, [SUITE]);
    await store.addResponses(responses());
    await store.addJudgments(judgments());
    return store;
  };

  it('gives back runs, suites, responses and judgments as they were kept, for any text', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    expect(await store.run(RUN.id)).toEqual(RUN);
    expect(await store.suites(RUN.id)).toEqual([SUITE]);
    expect((await all(store.allResponses(RUN.id))).sort(byId)).toEqual(
      responses()
        .map((r) => r.response)
        .sort(byId),
    );
    expect((await all(store.allJudgments(RUN.id))).sort(byId)).toEqual(
      judgments()
        .map((j) => j.judgment)
        .sort(byId),
    );
  });

  it('makes the tallies that the pure function makes from the same records', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    const key = (t: { prompt_id: string; judge: string }) => `${t.prompt_id} ${t.judge}`;
    const systems = new Map(SUITE.prompts.map((p) => [p.id, p.system]));
    const { promptHash } = await import('../../src/hash.js');
    const pure = tally(
      judgments().map((j) => j.judgment),
      { promptHash: (j) => promptHash(j.prompt!, systems.get(j.prompt_id)) },
    );
    const sorted = <T extends { prompt_id: string; judge: string }>(rows: T[]) =>
      [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    expect(sorted(await store.tallies(RUN.id))).toEqual(sorted(pure.tallies));
    const hashed = (a: { judge: string; prompt_hash: string }, b: typeof a) =>
      a.judge + a.prompt_hash < b.judge + b.prompt_hash ? -1 : 1;
    expect((await store.retests(RUN.id)).sort(hashed)).toEqual(pure.retests.sort(hashed));
  });

  it('never changes what was judged, replaces what failed, and adds attempts and tokens up', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    const rows = judgments();
    expect(await store.addJudgments(rows)).toBe(0);
    const failed = rows.find(({ judgment }) => judgment.state === 'failed')!;
    const judged = rows.find(({ judgment }) => judgment.state === 'judged')!;
    const again = (judgment: Judgment) =>
      ({
        ...judgment,
        state: 'judged',
        failure: null,
        verdict: 'tie',
        winner: 'tie',
        score: 0.5,
        judged_at: '2026-02-01T00:00:00.000Z',
      }) as Judgment;
    expect(await store.addJudgments([{ ...judged, judgment: again(judged.judgment) }])).toBe(0);
    expect(await store.addJudgments([{ ...failed, judgment: again(failed.judgment) }])).toBe(1);
    expect((await store.judgment(judged.judgment.id))!.winner).toBe(judged.judgment.winner);
    const now = (await store.judgment(failed.judgment.id))!;
    expect(now).toMatchObject({ winner: 'tie', attempts: failed.judgment.attempts * 2, input_tokens: 20 });
  });

  it('keeps what comes in together, or nothing of it', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun(RUN, [SUITE]);
    const entry = (key: string) => ({
      ...{ key, kind: 'judgment' as const, model: 'm', at: '2026-01-01T00:00:00.000Z' },
      answer: { text: `“${key}” $1` } as Answer,
    });
    const whole = { responses: responses(), judgments: judgments(), cached: ['a', 'b', 'c'].map(entry) };
    const broken = { ...whole, cached: [entry('a'), { ...entry('b'), model: null as never }] };
    await expect(store.addRecords(broken)).rejects.toThrow(/null/i);
    expect(await store.spent(RUN.id)).toMatchObject({ judged: 0, failed: 0, responses: 0 });
    expect(await store.cached('a')).toBeNull();
    await store.addRecords({ responses: [], judgments: [], cached: [] });
    for (const part of [whole, { ...whole, responses: [] }, { ...whole, judgments: [], cached: [] }])
      await store.addRecords(part);
    expect((await all(store.allJudgments(RUN.id))).sort(byId)).toEqual(
      judgments()
        .map((j) => j.judgment)
        .sort(byId),
    );
    expect(await store.spent(RUN.id)).toMatchObject({ responses: 12 });
    const found = await Promise.all(['c', 'none', 'a', 'c'].map((key) => store.cached(key)));
    expect(found.map((answer) => answer?.text ?? null)).toEqual(['“c” $1', null, '“a” $1', '“c” $1']);
    expect(await store.cached('b')).toMatchObject({ text: '“b” $1' });
  });

  it('pages through every filter and sort without missing or repeating a row', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    for (const filter of [
      {},
      { judge: 'ann' },
      { outcome: 'order-dependent' as const },
      { disagreement: true },
      { q: 'SAYS B' },
      { state: 'failed' as const },
    ]) {
      for (const sort of ['position', 'newest'] as const) {
        const whole = (await store.judgments(RUN.id, filter, { limit: 1000, sort })).items.map((j) => j.id);
        const paged: string[] = [];
        for (let cursor: string | null | undefined = undefined; cursor !== null;) {
          const page: { items: Judgment[]; next_cursor: string | null } = await store.judgments(RUN.id, filter, {
            limit: 3,
            sort,
            cursor,
          });
          paged.push(...page.items.map((j) => j.id));
          cursor = page.next_cursor;
        }
        expect(paged).toEqual(whole);
        expect(new Set(paged).size).toBe(paged.length);
      }
    }
  });

  it('counts what was spent, by judge and checkpoint, and null where a price is unknown', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    const rows = judgments().map((j) => j.judgment);
    const spent = await store.spent(RUN.id);
    expect(spent.judged + spent.failed).toBe(rows.length);
    expect(spent.unpriced).toBe(rows.filter((j) => j.cost_usd === null).length);
    const known = rows.reduce((sum, j) => sum + (j.cost_usd ?? 0), 0) + 12 * 0.001;
    expect(spent.cost_usd).toBeCloseTo(known, 10);
    expect((await store.costs(RUN.id)).some((c) => c.cost_usd === null)).toBe(true);
    const unpriced = rows.filter((j) => j.cost_usd === null && j.attempts > 0);
    const texts = await store.unpricedTexts(RUN.id);
    expect(texts.map(({ who }) => who).sort()).toEqual(
      [...new Set(unpriced.map(({ judge }) => `judge ${judge}`))].sort(),
    );
    const added = (of: (text: (typeof texts)[number]) => number) => texts.reduce((sum, text) => sum + of(text), 0);
    expect(added(({ records }) => records)).toBe(unpriced.length);
    expect(added(({ answered }) => answered)).toBe(unpriced.reduce((sum, { reply }) => sum + (reply?.length ?? 0), 0));
    expect(added(({ asked }) => asked)).toBeGreaterThan(0);
  });

  it('counts the same after every kind of change, and when all is counted anew', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    const other = await openStore('sqlite::memory:');
    const same = async () => {
      await other.db.deleteFrom('judgments').execute();
      await other.db.deleteFrom('responses').execute();
      for (const table of ['judgments', 'responses'] as const)
        for (const { seq: _, ...row } of (await store.db.selectFrom(table).selectAll().execute()) as { seq?: number }[])
          await other.db
            .insertInto(table)
            .values(row as never)
            .execute();
      const [{ cost_usd: sum, ...counts }, { cost_usd, ...expected }] = [
        await store.spent(RUN.id),
        await other.spent(RUN.id),
      ];
      expect(counts).toEqual(expected);
      expect(sum === null ? null : sum.toFixed(9)).toBe(cost_usd === null ? null : cost_usd.toFixed(9));
      return expected;
    };
    const rows = judgments();
    expect((await same()).judged).toBeGreaterThan(0);
    const again = rows.map(({ judgment, ...place }) => ({
      ...place,
      judgment: { ...judgment, judged_at: '2026-02-01T00:00:00.000Z' },
    }));
    await Promise.all([store.addJudgments(again), store.addJudgments(again), store.addResponses(responses())]);
    expect((await same()).judged).toBeLessThan(rows.length);
    await store.db.updateTable('judgments').set({ state: 'failed', cost_usd: 3 }).where('repeat', '=', 1).execute();
    expect((await same()).failed).toBeGreaterThan(3);
    await store.db.deleteFrom('judgments').where('judge', '=', 'ann').execute();
    await same();
    await store.db.deleteFrom('judgments').execute();
    await store.db.updateTable('responses').set({ cost_usd: null }).execute();
    expect(await same()).toMatchObject({ judged: 0, failed: 0, responses: 12, unpriced: 12 });
    expect((await store.spent(RUN.id)).cost_usd).toBeNull();
    await other.close();
  });

  it('finds words of any alphabet as they stand, and in small or capital letters', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    await store.createRun({ ...RUN, id: '20260102_000000-abcd', candidate: 'Über Ж', tags: {} }, []);
    // Which capitals PostgreSQL knows is a matter of its locale.
    const cased = engine.name.startsWith('SQLite') ? (['ÜBER Ж', 'über ж'] as const) : [];
    for (const [q, found] of [['Über Ж', 1], ['Üb%', 0], ['uber', 0], ...cased.map((q) => [q, 1] as const)] as const)
      expect([q, (await store.runs({ q })).items.length]).toEqual([q, found]);
  });

  it('lists runs by filter and tag, and forgets one with all that is its own', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    await store.createRun({ ...RUN, id: '20260102_000000-abcd', candidate: 'other', tags: {} }, []);
    expect((await store.runs({ tag: 'team=blue' })).items.map((r) => r.id)).toEqual([RUN.id]);
    expect((await store.runs({ q: 'OTHER' })).items).toHaveLength(1);
    for (const [q, found] of [
      ['%', 0],
      ['_other', 0],
      ['0000_', 0],
      ['000000-', 2],
    ] as const)
      expect([q, (await store.runs({ q })).items.length]).toEqual([q, found]);
    const { next_cursor } = await store.runs({}, 1);
    expect((await store.runs({}, 1, next_cursor!)).items.map((r) => r.id)).toEqual([RUN.id]);
    await store.createRun({ ...RUN, id: 'brought along', tags: {} }, []);
    expect((await store.runs({}, 9, 'brought along')).items).toHaveLength(2);
    expect((await store.runs({}, 9, '20260102_000000-gone')).items).toHaveLength(2);
    await expect(store.runs({}, 9, 'bogus')).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await store.deleteRun(RUN.id);
    expect(await store.run(RUN.id)).toBeNull();
    expect(await store.spent(RUN.id)).toMatchObject({ cost_usd: null, judged: 0, responses: 0, calls: 0 });
    expect(await all(store.allJudgments(RUN.id))).toEqual([]);
  });

  it('gives a run to one holder, and to the next when the first is gone', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await filled();
    expect(await store.hold(RUN.id, 'one', 't', () => false)).toBeNull();
    expect(await store.hold(RUN.id, 'two', 't', () => false)).toBe('one');
    const takers = await Promise.all(
      ['three', 'four', 'five'].map((who) => store.hold(RUN.id, who, 't', (h) => h === 'one')),
    );
    expect(takers.filter((taken) => taken === null)).toHaveLength(1);
  });
});
