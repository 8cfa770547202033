import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFUSALS } from '../../src/http/problem.js';
import { seedRun, service, type Service } from './seeded.js';

interface Description {
  openapi: string;
  security: object[];
  paths: Record<
    string,
    Record<
      string,
      { security?: object[]; responses: Record<string, object>; requestBody?: object; parameters?: object[] }
    >
  >;
  components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
}

let s: Service;
let description: Description;
beforeAll(async () => {
  s = await service({ token: 'secret-token' });
  description = (
    await s.app.inject({ url: '/openapi.json', headers: { authorization: 'Bearer secret-token' } })
  ).json<Description>();
});
afterAll(() => s.close());

/** Routes of the contract, section 7. */
const CONTRACT = [
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /api/runs',
  'POST /api/runs',
  'GET /api/runs/{id}',
  'DELETE /api/runs/{id}',
  'POST /api/runs/{id}/cancel',
  'POST /api/runs/{id}/resume',
  'GET /api/runs/{id}/events',
  'GET /api/runs/{id}/win-rates',
  'GET /api/runs/{id}/agreement',
  'GET /api/runs/{id}/judges',
  'GET /api/runs/{id}/audit',
  'GET /api/runs/{id}/report',
  'GET /api/runs/{id}/export',
  'GET /api/runs/{id}/judgments',
  'GET /api/judgments/{id}',
  'GET /api/runs/{id}/review/next',
  'POST /api/runs/{id}/review',
  'GET /api/leaderboard',
  'GET /api/compare',
  'GET /api/workers',
  'POST /api/audit',
  'POST /api/imports',
  'POST /login',
];

describe('the description of the API', () => {
  it('is OpenAPI 3.1 that a validator accepts', async () => {
    expect(description.openapi).toBe('3.1.0');
    const { valid, errors } = await new Validator().validate(structuredClone(description) as never);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('the validator refuses one that is broken', async () => {
    const broken = structuredClone(description) as unknown as { paths: Record<string, unknown> };
    broken.paths['/api/runs'] = { get: { responses: [] } };
    expect((await new Validator().validate(broken as never)).valid).toBe(false);
  });

  it('holds every route of the contract, and every reference leads somewhere', () => {
    const routes = Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes).toEqual(expect.arrayContaining(CONTRACT));
    const text = JSON.stringify(description);
    const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!);
    expect(new Set(named)).toEqual(new Set(Object.keys(description.components.schemas)));
  });

  it('says of every route what it refuses, and which ones need no token', () => {
    for (const [path, operations] of Object.entries(description.paths)) {
      for (const [method, { responses, security }] of Object.entries(operations)) {
        for (const status of path === '/healthz' ? [] : [400, 403, 421, 429, 500])
          expect([method, path, status, status in responses]).toEqual([method, path, status, true]);
        const open = ['/healthz', '/readyz', '/login', '/logout'].includes(path);
        expect([path, security?.length === 0]).toEqual([path, open]);
      }
    }
    expect(description.security).toEqual([{ token: [] }]);
    expect(description.paths['/api/audit']!['post']).toHaveProperty('requestBody');
  });

  it('names every code that only a request can meet, beside its status', () => {
    const told = Object.values(description.paths)
      .flatMap((operations) => Object.values(operations))
      .flatMap(({ responses }) => Object.entries(responses as Record<string, { description: string }>))
      .map(([status, { description }]) => `${status} ${description}`);
    const named = (code: string, status: number) =>
      told.some((text) => text.startsWith(`${status} `) && text.includes(code));
    const missing = Object.entries(REFUSALS).filter(([code, { status }]) => !named(code, status));
    // No operation of the description has a method that its path does not take.
    expect(missing.map(([code]) => code)).toEqual(['METHOD_NOT_ALLOWED']);
  });

  it('says how a posted run is judged in batches', () => {
    const [batch, ...rest] = description.paths['/api/runs']!['post']!.parameters!;
    expect(batch).toMatchObject({ in: 'query', name: 'batch', required: false, schema: { enum: ['true', 'false'] } });
    expect(rest).toEqual([]);
  });

  it('names the fields of the records as they are stored', () => {
    const fields = (name: string) => Object.keys(description.components.schemas[name]!.properties!);
    expect(fields('JudgmentItem')).toEqual(expect.arrayContaining(['presentation_sha256', 'outcomes', 'score']));
    expect(fields('BlindPair')).toEqual(['token', 'prompt', 'response_a', 'response_b', 'progress']);
  });

  it('is readable at /docs without anything from elsewhere', async () => {
    const headers = { authorization: 'Bearer secret-token' };
    const page = await s.app.inject({ url: '/docs/', headers });
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page.body).not.toMatch(/<script>|<style>/);
  });

  it('each answer of the service fits what is said of it', async () => {
    const run = await seedRun(s.store, { prompts: [2, 3] });
    const { items } = await s.store.judgments(run.id);
    for (const path of [
      '/api/runs',
      `/api/runs/${run.id}`,
      `/api/runs/${run.id}/win-rates`,
      `/api/runs/${run.id}/agreement`,
      `/api/runs/${run.id}/judges`,
      `/api/runs/${run.id}/judgments`,
      `/api/judgments/${items[0]!.id}`,
    ]) {
      const answer = await s.app.inject({ url: path, headers: { authorization: 'Bearer secret-token' } });
      expect([path, answer.statusCode]).toEqual([path, 200]);
    }
    const { summarySchema } = await import('../../src/http/summary-schema.js');
    const summary: unknown = JSON.parse((await s.store.keptSummary(run.id))!);
    expect(summarySchema.parse(summary)).toEqual(summary);
  });
});
