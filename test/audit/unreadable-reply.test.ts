import { expect, it } from 'vitest';
import { judgment } from '../stats/judged.js';
import { audit } from './rows.js';

const failed = (failure: string, stop_reason: string, reply: string) => ({
  ...judgment({ prompt_id: 'p', failure: 'refused' }),
  id: 'a',
  run_id: '20260101_000000-aaaa',
  presentation_sha256: '0'.repeat(64),
  failure,
  stop_reason,
  reply,
});

it.each([
  ['refused', 'refusal', 'I cannot help with that.'],
  ['truncated', 'length', '{"rationale":"The first'],
  ['unreadable', 'end', 'Hm.'],
])('a judgment of ours that is stored as %s, as its reply is, is no finding', async (...of) => {
  expect((await audit([failed(...of)])).findings.filter(({ code }) => code === 'UNREADABLE_REPLY')).toEqual([]);
});

it('one that is stored for another reason than its reply gives is told', async () => {
  const { findings } = await audit([failed('unreadable', 'length', '{"rationale":"The first')]);
  expect(findings).toContainEqual(expect.objectContaining({ code: 'UNREADABLE_REPLY', severity: 'warning' }));
});
