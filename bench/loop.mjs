// The bare loop that the engine is measured against: p-queue and the openai SDK, the same calls, nothing kept.
//   node loop.mjs <base_url> <texts.jsonl> <judgments> <concurrency>
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import PQueue from 'p-queue';

const [url, file, judgments, concurrency] = process.argv.slice(2);
const texts = readFileSync(file, 'utf8').trim().split('\n');
const rubric = readFileSync(new URL('../prompts/pairwise.md', import.meta.url), 'utf8');
const client = new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 10 });
const queue = new PQueue({ concurrency: Number(concurrency) });
const schema = {
  type: 'object',
  properties: {
    rationale: { type: 'string' },
    quote: { type: 'string' },
    verdict: { type: 'string', enum: ['A', 'B', 'tie'] },
  },
  required: ['rationale', 'quote', 'verdict'],
  additionalProperties: false,
};
for (let i = 0; i < Number(judgments); i++) {
  await queue.onSizeLessThan(256);
  void queue.add(async () => {
    const { prompt, response } = JSON.parse(texts[i % texts.length]);
    const both = [1, 2].map((slot) => `<response_${'xab'[slot]}_0f>\n${response}\n</response_${'xab'[slot]}_0f>`);
    const { choices } = await client.chat.completions.create({
      model: 'judge-model',
      messages: [
        { role: 'system', content: rubric },
        { role: 'user', content: `The prompt (${i}):\n${prompt}\n\n${both.join('\n\n')}` },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema, strict: true } },
    });
    JSON.parse(choices[0].message.content);
  });
}
await queue.onIdle();
