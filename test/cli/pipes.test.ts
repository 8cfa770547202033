import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, type Ended } from '../cli.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'doubleblind-pipes-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** The command line with a file written to its standard input, in pieces that no read ends at. */
const piped = (file: string, ...args: string[]): Promise<Ended> =>
  cli(args, { cwd: folder, env: { TMPDIR: folder }, through: ['sh', '-c', `cat ${file} | "$0" "$@"`] });

// A kilobyte a row: what is read at once ends where a row does, so that rows that are lost leave whole ones behind.
const rows = Array.from({ length: 400 }, (_, i) => {
  const row = { prompt_id: `p${i}`, prompt: `What is ${i}?`, judge: 'j', winner: i < 200 ? 'baseline' : 'candidate' };
  return JSON.stringify({ ...row, note: 'x'.repeat(1023 - JSON.stringify({ ...row, note: '' }).length) });
});

describe('a file that comes through a pipe', () => {
  it('is counted whole, as on disk, and leaves nothing behind', async () => {
    writeFileSync(join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
    const [whole, through] = [
      await cli(['stats', 'rows.jsonl', '--json'], { cwd: folder }),
      await piped('rows.jsonl', 'stats', '/dev/stdin', '--json'),
    ];
    expect(through).toMatchObject({ end: 0, stderr: whole.stderr });
    expect(JSON.parse(through.stdout)).toEqual(JSON.parse(whole.stdout));
    expect((JSON.parse(through.stdout) as { estimates: object[] }).estimates[0]).toMatchObject({
      n_prompts: 400,
      win_rate: 0.5,
    });
    expect(readdirSync(folder).filter((name) => name.startsWith('doubleblind-'))).toEqual([]);
  });

  it('is known by what came: other responses are another run', async () => {
    const answers = (text: string) =>
      rows.slice(0, 8).map((_, i) => JSON.stringify({ prompt_id: `p${i}`, prompt: `What is ${i}?`, response: text }));
    const write = (name: string, text: string) => writeFileSync(join(folder, name), answers(text).join('\n'));
    for (const [name, text] of [
      ['base.jsonl', 'one'],
      ['tuned.jsonl', 'two'],
      ['other.jsonl', 'three'],
    ] as const)
      write(name, text);
    const judged = async (file: string) => {
      const words = ['judge', '--baseline', 'base.jsonl', '--candidate', '/dev/stdin', '--judge', 'offline:plain'];
      const { stdout, stderr } = await piped(
        file,
        ...words,
        '--candidate-name',
        'tuned',
        '--purpose',
        'test',
        '--json',
      );
      expect(stderr).not.toContain('error');
      const { run } = JSON.parse(stdout) as { run: { id: string; exports: string } };
      const document = readFileSync(join(folder, run.exports, 'run.json'), 'utf8');
      const { identities } = JSON.parse(document) as { identities: { content: { candidate: string } } };
      const came = readFileSync(join(folder, file));
      expect(identities.content.candidate).toBe(createHash('sha256').update(came).digest('hex'));
      return run.id;
    };
    expect(await judged('tuned.jsonl')).not.toBe(await judged('other.jsonl'));
  });
});
