import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedRun, service, type Service } from './seeded.js';

let s: Service;
let exported: string;
beforeAll(async () => {
  s = await service({ uploadLimit: 200_000 });
  const run = await seedRun(s.store, { prompts: [3] });
  exported = (await s.app.inject({ url: `/api/runs/${run.id}/export` })).body;
  await s.store.deleteRun(run.id);
});
afterAll(() => s.close());

const upload = (url: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
  s.app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/octet-stream', ...headers } });
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('doubleblind-upload-'));

describe('POST /api/audit', () => {
  it('answers with the audit of the file under the name its sender gave it, and keeps nothing', async () => {
    const answer = await upload('/api/audit?name=theirs.jsonl', exported);
    expect(answer.statusCode).toBe(200);
    const report = answer.json<{
      files: string[];
      rows: number;
      findings: { file: string | null }[];
      checks: object[];
    }>();
    expect(report.files).toEqual(['theirs.jsonl']);
    expect(report.rows).toBe(exported.trimEnd().split('\n').length);
    expect(report.checks.length).toBeGreaterThan(5);
    expect(report.findings.every(({ file }) => file === null || file === 'theirs.jsonl')).toBe(true);
    expect(answer.body).not.toContain('doubleblind-upload-');
    expect(leftovers()).toEqual([]);
    expect((await s.store.runs()).items).toEqual([]);
  });

  it('takes any content type but a form, and gzip either way', async () => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/json',
      'application/x-ndjson',
    ]) {
      expect([type, (await upload('/api/audit', exported, { 'content-type': type })).statusCode]).toEqual([type, 200]);
    }
    const packed = gzipSync(exported);
    expect((await upload('/api/audit', packed, { 'content-encoding': 'gzip' })).statusCode).toBe(200);
    expect((await upload('/api/audit?name=judged.jsonl.gz', packed)).statusCode).toBe(200);
    const form = await upload('/api/audit', exported, { 'content-type': 'multipart/form-data; boundary=x' });
    expect(form.json()).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
  });

  it('a mistake in the file is told with its name and line; nothing stays behind', async () => {
    const answer = await upload('/api/audit?name=mine.jsonl', `${exported}{"id": \n`);
    expect(answer.json()).toMatchObject({ status: 400, code: 'JSON_SYNTAX', file: 'mine.jsonl' });
    expect(answer.json<{ line: number }>().line).toBe(exported.trimEnd().split('\n').length + 1);
    expect((await upload('/api/audit', '')).statusCode).toBe(400);
    expect(leftovers()).toEqual([]);
  });

  it('a file over the limit is refused, also when it is small while packed', async () => {
    const big = Buffer.alloc(300_000, 'x');
    expect((await upload('/api/audit', big)).json()).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    const bomb = await upload('/api/audit', gzipSync(big), { 'content-encoding': 'gzip' });
    expect(bomb.json()).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    const broken = await upload('/api/audit', 'not gzip', { 'content-encoding': 'gzip' });
    expect(broken.json()).toMatchObject({ status: 400, code: 'FILE_UNREADABLE' });
    expect(leftovers()).toEqual([]);
  });

  it('a name with a path names no place', async () => {
    const answer = await upload('/api/audit?name=..%2F..%2F..%2Ftmp%2Fpwned.jsonl', exported);
    expect(answer.statusCode).toBe(200);
    expect(existsSync('/tmp/pwned.jsonl')).toBe(false);
  });
});

describe('POST /api/imports', () => {
  it('makes the run that was exported; the same stream again adds nothing', async () => {
    const first = await upload('/api/imports?name=judged.jsonl', exported);
    expect(first.statusCode).toBe(201);
    const run = first.json<{ id: string; imported: { rows: number; added: number } }>();
    expect(first.headers['location']).toBe(`/api/runs/${run.id}`);
    expect(run.imported.added).toBe(run.imported.rows);
    const again = (await upload('/api/imports?name=judged.jsonl', exported)).json<{ id: string; imported: object }>();
    expect(again).toMatchObject({ id: run.id, imported: { added: 0, known: run.imported.rows } });
    expect((await s.app.inject({ url: `/api/runs/${run.id}/export` })).body).toBe(exported);
    expect(leftovers()).toEqual([]);
    expect(JSON.stringify(await s.store.run(run.id))).not.toContain('doubleblind-upload-');
  });

  it('what nobody can read is refused and makes no run', async () => {
    const before = (await s.store.runs()).items.length;
    const answer = await upload('/api/imports', '{"nothing": "known"}\n');
    expect(answer.statusCode).toBe(400);
    expect((await s.store.runs()).items).toHaveLength(before);
  });
});
