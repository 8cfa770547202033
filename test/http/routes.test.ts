import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../../src/records.js';
import { seedRun, service, type Service } from './seeded.js';

let s: Service;
let run: Run;
beforeAll(async () => {
  s = await service();
  run = await seedRun(s.store);
});
afterAll(() => s.close());

const get = async (url: string) => s.app.inject({ url });
const page = async (url: string) =>
  (await get(url)).json<{ items: Record<string, unknown>[]; next_cursor: string | null }>();

describe('runs', () => {
  it('are listed with progress, and without a decision until somebody asked for their numbers', async () => {
    const first = await page('/api/runs');
    expect(first.items).toHaveLength(1);
    expect(first.items[0]).toMatchObject({ id: run.id, decision: null, progress: { failed: 1 } });
    expect(first.items[0]).not.toHaveProperty('config');
    await get(`/api/runs/${run.id}/win-rates`);
    const { items } = await page('/api/runs');
    expect(items[0]!['decision']).toMatchObject({ domains: { 'in-domain': { n_prompts: 7 } } });
    expect(items[0]!['progress']).toEqual(first.items[0]!['progress']);
  });

  it('are filtered in the store, and an unknown filter is refused with the nearest one', async () => {
    expect((await page('/api/runs?purpose=ablation_study')).items).toEqual([]);
    expect((await page('/api/runs?candidate=tuned-model-y&status=done')).items).toHaveLength(1);
    const wrong = await get('/api/runs?purpos=x');
    expect(wrong.statusCode).toBe(400);
    expect(wrong.json()).toMatchObject({ code: 'UNKNOWN_KEY', hint: 'Did you mean "purpose"?' });
  });

  it('one run shows its configuration, cost and the strata that filters choose from', async () => {
    const body = (await get(`/api/runs/${run.id}`)).json<{
      strata: { suite: string }[];
      costs: { kind: string }[];
    }>();
    expect(body).toMatchObject({ id: run.id, config: { seed: 7 }, holder: null, spent: { failed: 1 } });
    expect(body.strata.map((x) => x.suite)).toContain('suite-3');
    expect(body.costs.some((cost) => cost.kind === 'checkpoint')).toBe(true);
  });
});

describe('judgments', () => {
  it('come page by page, complete and without repeats, in either sort', async () => {
    for (const sort of ['position', 'newest']) {
      const seen: unknown[] = [];
      let cursor: string | null = null;
      do {
        const next: Awaited<ReturnType<typeof page>> = await page(
          `/api/runs/${run.id}/judgments?limit=7&sort=${sort}${cursor === null ? '' : `&cursor=${cursor}`}`,
        );
        expect(next.items.length).toBeLessThanOrEqual(7);
        seen.push(...next.items.map((item) => item['id']));
        cursor = next.next_cursor;
      } while (cursor !== null);
      expect(seen).toHaveLength(run.planned.judgments);
      expect(new Set(seen).size).toBe(run.planned.judgments);
    }
  });

  it('say the outcome of their comparison by every judge', async () => {
    const { items } = await page(`/api/runs/${run.id}/judgments?suite=suite-1&prompt_id=p0&canary=false`);
    expect(items[0]!['outcomes']).toEqual({ 'first-judge': 'order-dependent', 'second-judge': 'win' });
    const failed = await page(`/api/runs/${run.id}/judgments?state=failed`);
    expect(failed.items.map((item) => item['outcomes'])).toEqual([{ 'first-judge': 'failed', 'second-judge': 'win' }]);
  });

  it('are filtered by outcome, judge, disagreement, finding and words', async () => {
    const url = `/api/runs/${run.id}/judgments`;
    await s.store.setFindings(run.id, [
      {
        judgment_id: (await page(url)).items[0]!['id'] as string,
        code: 'IDENTITY_LEAK',
        severity: 'warning',
        message: 'm',
      },
    ]);
    expect((await page(`${url}?finding=IDENTITY_LEAK`)).items.map((item) => item['findings'])).toEqual([
      ['IDENTITY_LEAK'],
    ]);
    expect((await page(`${url}?finding=PRESENTATION_HASH_MISMATCH`)).items).toEqual([]);
    expect((await get(`${url}?finding=zzz`)).statusCode).toBe(400);
    const dependent = await page(`${url}?outcome=order-dependent&canary=false`);
    expect(dependent.items.length).toBeGreaterThan(0);
    expect(new Set(dependent.items.map((item) => item['judge']))).toEqual(new Set(['first-judge']));
    expect((await page(`${url}?disagreement=true`)).items.length).toBeGreaterThan(0);
    expect((await page(`${url}?q=${encodeURIComponent('Question 6')}`)).items[0]).toMatchObject({ prompt_id: 'p6' });
    expect((await page(`${url}?q=nowhere`)).items).toEqual([]);
  });

  it('of an outcome are those that the estimates count, without canaries and retests', async () => {
    const url = `/api/runs/${run.id}/judgments?limit=1000`;
    const { estimates } = (await get(`/api/runs/${run.id}/win-rates`)).json<{ estimates: Record<string, number>[] }>();
    for (const [outcome, counted] of [
      ['win', 'wins'],
      ['loss', 'losses'],
      ['tie', 'ties'],
      ['order-dependent', 'order_dependent'],
      ['failed', 'failed'],
    ] as const) {
      const { items } = await page(`${url}&outcome=${outcome}`);
      // Each comparison was judged in both orders.
      expect([outcome, items.length]).toEqual([outcome, 2 * estimates[0]![counted]!]);
      expect(new Set(items.map(({ canary, replicate }) => `${String(canary)} ${String(replicate)}`))).toEqual(
        new Set(items.length === 0 ? [] : ['null 0']),
      );
    }
    const planted = (await page(`${url}&outcome=win&canary=true`)).items;
    expect(planted.length).toBeGreaterThan(0);
    expect(planted.every(({ canary }) => canary !== null)).toBe(true);
    const retested = (await page(`${url}&canary=false`)).items.filter(({ replicate }) => replicate !== 0);
    expect(retested.length).toBeGreaterThan(0);
  });

  it('are cut to excerpts on demand, and say so; without it they are whole', async () => {
    const cut = (await page(`/api/runs/${run.id}/judgments?excerpt=10&limit=1`)).items[0]!;
    expect(cut).toMatchObject({ excerpted: true, prompt: 'Question 0' });
    const whole = (await page(`/api/runs/${run.id}/judgments?limit=1`)).items[0]!;
    expect(whole).toMatchObject({ excerpted: false, prompt: 'Question 0 of suite 1?' });
  });

  it('a cursor that no page gave is refused', async () => {
    for (const query of ['cursor=abc', 'cursor=bnVsbA', 'cursor=abc&sort=newest']) {
      const answer = await get(`/api/runs/${run.id}/judgments?${query}`);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'INVALID_VALUE']);
    }
  });
});

describe('one judgment', () => {
  it('shows what the judge saw, and that order, hash, reply and winner come out again', async () => {
    const { items } = await page(
      `/api/runs/${run.id}/judgments?judge=second-judge&prompt_id=p1&suite=suite-1&canary=false`,
    );
    const evidence = (await get(`/api/judgments/${items[0]!['id'] as string}`)).json<{
      messages: { content: string }[];
      trace: { step: string; holds: boolean }[];
      other_orders: object[];
      other_judges: { judge: string }[];
      differences: object[];
      presentation_matches: boolean;
    }>();
    expect(evidence.presentation_matches).toBe(true);
    expect(evidence.differences).toEqual([]);
    expect(evidence.messages.at(-1)!.content).toContain('A plain answer to: Question 1 of suite 1?');
    expect(evidence.trace.map(({ step, holds }) => [step, holds])).toEqual([
      ['order', true],
      ['presentation', true],
      ['reply', true],
      ['winner', true],
    ]);
    expect(evidence.other_orders).toHaveLength(1);
    expect(evidence.other_judges.every((other) => other.judge === 'first-judge')).toBe(true);
    expect(evidence.other_orders[0]).not.toHaveProperty('baseline_response');
  });

  it('that was changed afterwards is told apart: another winner, another text', async () => {
    const other = await service();
    try {
      const tampered = await seedRun(other.store);
      await other.store.db
        .updateTable('judgments')
        .set({ winner: 'baseline', score: 0 })
        .where('winner', '=', 'candidate')
        .execute();
      await other.store.db
        .updateTable('responses')
        .set({ response: 'swapped' })
        .where('role', '=', 'baseline')
        .execute();
      const url = `/api/runs/${tampered.id}/judgments?judge=second-judge&suite=suite-1&prompt_id=p1&canary=false`;
      const id = (await other.app.inject({ url })).json<{ items: { id: string }[] }>().items[0]!.id;
      const evidence = (await other.app.inject({ url: `/api/judgments/${id}` })).json<{
        presentation_matches: boolean;
        trace: { step: string; holds: boolean }[];
        differences: { field: string }[];
      }>();
      expect(evidence.presentation_matches).toBe(false);
      expect(evidence.trace.find(({ step }) => step === 'winner')!.holds).toBe(false);
      expect(evidence.differences.map(({ field }) => field)).toEqual(
        expect.arrayContaining(['presentation_sha256', 'winner', 'score']),
      );
    } finally {
      await other.close();
    }
  });

  it('drawn at random is drawn again from the seed', async () => {
    const random = await seedRun(s.store, { id: '20261121_113000-cd34', orders: 'random' });
    const { items } = await page(`/api/runs/${random.id}/judgments?canary=false&limit=1`);
    const evidence = (await get(`/api/judgments/${items[0]!['id'] as string}`)).json<{ trace: object[] }>();
    expect(evidence.trace[0]).toMatchObject({ step: 'order', holds: true });
    expect(JSON.stringify(evidence.trace[0])).toContain('drawn from seed 7');
    await s.store.deleteRun(random.id);
  });
});

describe('numbers', () => {
  it('a finished run is answered from its kept text, with a tag that answers 304', async () => {
    const url = `/api/runs/${run.id}/win-rates`;
    const first = await get(url);
    const second = await get(url);
    expect(second.body).toBe(first.body);
    expect(second.body).toBe(await s.store.keptSummary(run.id));
    const etag = second.headers['etag'] as string;
    expect((await s.app.inject({ url, headers: { 'if-none-match': etag } })).statusCode).toBe(304);
    expect(first.json()).toMatchObject({ run: { id: run.id, status: 'done', exports: null } });
    expect(first.json<{ estimates: { group: object }[] }>().estimates[0]!.group).toEqual({});
  });

  it('groupings are chosen, crossed, and refused by name', async () => {
    const by = async (query: string) =>
      (await get(`/api/runs/${run.id}/win-rates?by=${query}`)).json<{ estimates: { group: object }[] }>().estimates;
    const groups = (await by('domain,suite*judge')).map(({ group }) => Object.keys(group).join('*'));
    expect(groups[0]).toBe('');
    expect(new Set(groups)).toEqual(new Set(['', 'domain', 'suite*judge']));
    const wrong = await get(`/api/runs/${run.id}/win-rates?by=domian`);
    expect(wrong.json()).toMatchObject({ status: 400, hint: 'Did you mean "domain"?' });
    const level = (await get(`/api/runs/${run.id}/win-rates?level=0.9&suite=suite-1`)).json<{
      estimates: { n_prompts: number; interval: { level: number } | null }[];
    }>();
    expect(level.estimates[0]!.n_prompts).toBe(7);
    expect(level.estimates[0]!.interval?.level).toBe(0.9);
  });

  it('agreement and judge health are parts of the same summary', async () => {
    const summary = (await get(`/api/runs/${run.id}/win-rates`)).json<{ agreement: object; judges: object[] }>();
    expect((await get(`/api/runs/${run.id}/agreement`)).json()).toEqual(summary.agreement);
    expect(await page(`/api/runs/${run.id}/judges`)).toEqual({ items: summary.judges, next_cursor: null });
  });

  it('a run under way is computed anew each time', async () => {
    const live = await seedRun(s.store, { id: '20261121_123000-ee00', status: 'running', prompts: [3] });
    await get(`/api/runs/${live.id}/win-rates`);
    expect(await s.store.keptSummary(live.id)).toBeNull();
    const item = (await page('/api/runs?status=running')).items[0]!;
    expect(item['decision']).toBeNull();
    await s.store.deleteRun(live.id);
  });
});

describe('files', () => {
  it('the export is every line of the run in its order, as a download', async () => {
    const answer = await get(`/api/runs/${run.id}/export`);
    expect(answer.headers['content-type']).toContain('application/x-ndjson');
    expect(answer.headers['content-disposition']).toContain(`${run.id}.jsonl`);
    const lines = answer.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; schema: string });
    expect(lines).toHaveLength(run.planned.judgments);
    expect(lines[0]!.schema).toBe('doubleblind/judgment@1');
    expect(Object.keys(lines[0]!)[0]).toBe('schema');
  });
});
