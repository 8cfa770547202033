import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunFile } from '../src/config.js';
import { percent, range } from '../src/figures.js';
import { gate } from '../src/gate.js';
import { launch, type Launched } from '../src/launch.js';
import { openModels } from '../src/models/index.js';
import type { Prompt, Role } from '../src/records.js';
import { escaped, Html, html, visible } from '../src/report/html.js';
import { junit } from '../src/report/junit.js';
import { reportMarkdown } from '../src/report/markdown.js';
import { report } from '../src/report.js';
import { openStore, type Store } from '../src/store/index.js';
import { winRates } from '../src/win-rates.js';
import { seedRun, suiteOf } from './web/seed.js';

const ESC = '\u001b';
const HOSTILE = `</pre><script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>
"><svg onload=alert(1)> & ${ESC}[31mred \u202egnp.exe <style>@import url(//evil.example)</style> ]]>`;

const TAGS =
  /^(html|head|meta|title|style|body|main|header|h1|h2|h3|p|ul|li|div|span|svg|text|line|circle|details|summary|table|caption|thead|tbody|tr|th|td|abbr|figure|figcaption|pre|code|dl|dt|dd|b|br)$/;

/** Tags of a page outside its style sheet that are not ours, and attributes that load or run something. */
function foreign(page: string): string[] {
  const markup = page.replace(/<style>[\s\S]*?<\/style>/, '');
  const tags = [...markup.matchAll(/<\/?([a-zA-Z!][^\s/>]*)([^>]*)>/g)];
  return tags
    .filter(([, name, rest]) => {
      const ours = TAGS.test(name!) || name === '!doctype';
      return !ours || /\s(on\w+|src|href|srcset|style|action|xlink:href)\s*=/i.test(rest!.replace(/"[^"]*"/g, '""'));
    })
    .map(([tag]) => tag);
}

let store: Store;
let page: string;
/** Every second response is hostile, every fifth 200 kB. */
const text = (role: Role, { id, prompt }: Prompt) => {
  const n = Number(id.slice(1));
  const tail = n % 5 === 0 ? 'long '.repeat(40_000) : n % 2 === 0 ? HOSTILE : prompt;
  return `${role}: an answer to ${tail}`;
};

beforeAll(async () => {
  store = await openStore('sqlite::memory:');
  const suites = [suiteOf('own', 'in-domain', 40), suiteOf('coding', 'out-of-domain', 120)];
  // One prompt is hostile itself, and so are a judge's and a checkpoint's name.
  suites[0]!.prompts[1]!.prompt = `Prompt ${HOSTILE}`;
  const judges = ['opus', 'gpt<b>4o'];
  await seedRun(store, { id: '20261120_090000-aaaa', suites, judges, candidate: 'tuned"><script>' });
  const run = await seedRun(store, {
    id: '20261121_103000-bbbb',
    suites,
    judges,
    candidate: 'tuned"><script>',
    strength: { 'in-domain': 0.9, 'out-of-domain': 0.45 },
    text,
    presented: false,
  });
  await store.updateRun(run.id, { decision_rule: { level: 0.95, later: { margin: { 'out-of-domain': 0.2 } } } });
  page = await reported(run.id);
});
afterAll(() => store.close());

async function reported(id: string): Promise<string> {
  const run = (await store.run(id))!;
  return report(store, run, await winRates(store, run));
}

describe('the report as a page', () => {
  it('loads nothing and runs nothing, whatever prompts, responses and names say', () => {
    expect(foreign(page)).toEqual([]);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(page).toContain('&lt;script src=&quot;https://evil.example/x.js&quot;&gt;');
    // The control: the same text unescaped is seen.
    expect(foreign(html`<p>${new Html(HOSTILE)}</p>`.markup).join()).toContain('script');
    expect(/url\(|@import/.test(/<style>([\s\S]*?)<\/style>/.exec(page)![1]!)).toBe(false);
  });

  it('shows what a reader cannot see, and holds none of it', () => {
    expect(page).toContain('␛[31mred [U+202E]gnp.exe');
    expect(page).not.toContain(ESC);
    expect(page).not.toContain('\u202e');
  });

  it('says the decision before any picture, and warnings beside it', () => {
    const at = (words: string) => page.indexOf(words);
    expect(at('class="decision"')).toBeGreaterThan(0);
    expect(at('class="decision"')).toBeLessThan(at('<svg'));
    expect(page).toContain('Better in-domain');
    expect(page).toMatch(/Changed after the first start, and not used: margin/);
  });

  it('draws each domain with its numbers in words, and the same numbers stand in the table', async () => {
    const { estimates } = await winRates(store, (await store.run('20261121_103000-bbbb'))!);
    for (const e of estimates.filter(({ group }) => Object.keys(group).join() === 'domain')) {
      const [rate, interval] = [percent(e.win_rate, e.n_prompts), range(e.interval, e.n_prompts)];
      const label = `${e.group.domain}: win rate ${rate} %, 95 % interval ${interval}, on ${e.n_prompts} prompts`;
      expect(page).toContain(`aria-label="${label}`);
      const row = new RegExp(`<th scope="row">${e.group.domain}</th>[\\s\\S]*?</tr>`).exec(page)![0];
      expect(row).toContain(`<td>${rate} %</td>`);
      expect(row).toContain(`<td>${interval}</td>`);
    }
  });

  it('shows both texts of samples, a bounded number of a bounded length', () => {
    const shown = page.split('<details class="sample"').length - 1;
    expect(shown).toBeGreaterThan(4);
    expect(shown).toBeLessThanOrEqual(16);
    expect(page).toContain('baseline: an answer to');
    expect(page).toContain('candidate: an answer to');
    // Responses of 200 kB are in the run.
    expect(page.length).toBeLessThan(400_000);
  });

  it('names its methods with their parameters, and the interval that is our variant with its coverage', () => {
    for (const words of [
      'our variant',
      '93.0 to 98.1 %',
      'exact, by convolution',
      'sign-flip',
      'Holm',
      '<dd>7: orders',
    ])
      expect(page.replace(/\s+/g, ' ')).toContain(words);
  });

  it('says how many runs of the candidate the database holds', () => {
    expect(page.replace(/\s+/g, ' ')).toContain('holds 2 runs of tuned');
    expect(page).toContain('report them all');
  });

  it('of a run without a judgment says so, with no number in it', async () => {
    await seedRun(store, { id: '20261121_110000-cccc', suites: [], judges: ['opus'], candidate: 'empty' });
    const empty = await reported('20261121_110000-cccc');
    expect(empty).toContain('There is no judgment to count.');
    expect(empty).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(page).not.toMatch(/NaN|Infinity|>undefined|>null/);
  });

  it('names the commit, and none where the repository has no commit yet', async () => {
    const run = (await store.run('20261121_103000-bbbb'))!;
    const summary = await winRates(store, run);
    const made = (commit: string | null) =>
      report(store, { ...run, environment: { git: { commit, branch: 'trunk', dirty: true } } }, summary);
    expect(await made('0123456789abcdef')).toContain('<code>0123456789abcdef, with changes</code>');
    expect(await made(null)).not.toContain('<dt>git</dt>');
  });
});

describe('text in a page', () => {
  it('any text in a page is the text made visible, and no markup', () => {
    const back = (markup: string) =>
      markup.replace(
        /&(amp|lt|gt|quot|#39);/g,
        (_, e: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[e]!,
      );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        const { markup } = html`${any}`;
        expect(markup).not.toMatch(/[<>"']/);
        expect(back(markup)).toBe(visible(any));
      }),
    );
  });

  it('lone halves of a character, which no file can hold, are made visible', () => {
    expect(visible('a\ud800b')).toBe('a[U+D800]b');
    expect(visible('👩‍🚀')).toBe('👩‍🚀');
    expect(escaped(`<&"'>`)).toBe('&lt;&amp;&quot;&#39;&gt;');
  });
});

describe('the report as Markdown', () => {
  const markdown = async (short: boolean) => {
    const run = (await store.run('20261121_103000-bbbb'))!;
    return reportMarkdown(store, run, await winRates(store, run), { short });
  };

  it('short: a row a test with prompts, wins, rate, interval, decision and judges, then the hash and the line that checks it', async () => {
    const short = await markdown(true);
    const [head, , ...rows] = short.split('\n').filter((line) => line.startsWith('|'));
    expect(head).toBe('| test | prompts | wins–losses–ties | win rate | 95 % interval | decision | judges |');
    expect(rows).toHaveLength(2);
    expect(rows.find((row) => row.startsWith('| own |'))).toMatch(
      /\| 40 \| \d+–\d+–\d+ \| \d+ % \| \d+–\d+ \| better \|/,
    );
    expect(short).toMatch(/`judged\.jsonl` has SHA-256 `[0-9a-f]{64}`/);
    expect(short).toContain('npx doubleblind audit');
  });

  it('names cannot break out of a table or become markup', async () => {
    for (const text of [await markdown(true), await markdown(false)]) {
      // Between backticks nothing is markup.
      expect(text.replace(/`[^`]*`/g, '')).not.toMatch(/<(script|b)>/);
      expect(text).not.toContain(ESC);
      for (const row of text.split('\n').filter((line) => line.startsWith('| own')))
        expect(row.split('|').length).toBe(
          text
            .split('\n')
            .find((line) => line.startsWith('| ---'))!
            .split('|').length,
        );
    }
  });
});

/** Names of the elements of an XML text; throws where it is not well-formed. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  // Text must hold no bare < or &, and no control character, which XML 1.0 knows none of.
  const inside = String.raw`(?:[^<&\u0000-\u0008\u000b\u000c\u000e-\u001f]|&(?:amp|lt|gt|quot|#39);)*`;
  const attributes = `(?:\\s+[\\w:]+="${inside.replace('[^<&', '[^<&"')}")*`;
  const token = new RegExp(`${inside}(?:<(/?)([\\w-]+)(${attributes})\\s*(/?)>|<\\?xml [^?]*\\?>|$)`, 'uy');
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const found = token.exec(xml);
    if (found === null) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 60)}`);
    const [, closing, name, , single] = found;
    if (name === undefined) continue;
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      names.push(name);
      if (single !== '/') open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
  return names;
}

describe('the report as JUnit', () => {
  it('is well-formed with hostile names, a case a domain, and counts what it holds', async () => {
    const run = (await store.run('20261121_103000-bbbb'))!;
    const hostile = { ...run, candidate: `${HOSTILE}\u0000` };
    const text = junit(hostile, await winRates(store, run), null);
    const names = elements(text);
    expect(names.filter((name) => name === 'testcase')).toHaveLength(3);
    expect(text).toContain('tests="3" failures="0" errors="0" skipped="1"');
    expect(() => elements(text.replace('&lt;script', '<script'))).toThrow();
  });

  it('with a gate has a case a condition, and a failure with its reason for each that does not hold', async () => {
    const run = (await store.run('20261121_103000-bbbb'))!;
    const summary = await winRates(store, run);
    const rule = { 'in-domain': 'better', 'out-of-domain': { claim: 'not-worse', margin: 0.01 } } as never;
    const text = junit(run, summary, gate(run, summary, rule, []));
    const names = elements(text);
    expect(names.filter((name) => name === 'testcase')).toHaveLength(2);
    expect(names.filter((name) => name === 'failure')).toHaveLength(1);
    expect(text).toContain('would settle a margin of 1 point');
  });
});

describe('the report of the demo', () => {
  let demo: Launched;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doubleblind-report-'));
    const [config] = await readRunFile(fileURLToPath(new URL('../demo.yaml', import.meta.url)));
    const models = openModels({ env: {} });
    const world = { store, models, clock: () => 0, signal: new AbortController().signal };
    demo = await launch(config!, world, { exports: folder, environment: {} });
    await models.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('stands in the folder of the run, and says that its judges are rules', () => {
    const written = readFileSync(join(demo.folder, 'report.html'), 'utf8');
    expect(foreign(written)).toEqual([]);
    expect(written).toContain('for trying the tool and not for claims');
  });

  it('states the hash of the judged file that lies beside it', () => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(demo.folder, 'judged.jsonl')))
      .digest('hex');
    expect(readFileSync(join(demo.folder, 'report.html'), 'utf8')).toContain(sha256);
  });
});
