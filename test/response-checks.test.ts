import { describe, expect, it } from 'vitest';
import { isRefusal, ResponseChecks } from '../src/response-checks.js';

describe('a refusal', () => {
  it.each([
    'I cannot help with that request.',
    "I can't assist with that.",
    'I can’t help you write this.',
    'I can not help with this.',
    'I cannot provide instructions for this.',
    "I'm unable to help with that.",
    'I am not able to assist you with this request.',
    "I won't write that story.",
    'I will not answer such questions.',
    "I won't help.",
    'I must respectfully decline.',
    "I'm not comfortable writing this.",
    'As an AI language model, I cannot feel the rain.',
    "As a large language model, I can't do that",
    "I'm just an AI assistant, so I am unable to browse the web.",
    "I apologize, but I can't continue.",
    'Unfortunately, I am not able to browse the internet.',
    'Unfortunately I must decline.',
    'Sorry, writing about this is against my policy.',
    "I'm sorry, but I can't assist with that.",
    "I'm really sorry, but I won't do it",
    'I am sorry. I cannot help with that.',
    "Sorry, I can't.",
    '**I cannot comply with this.**',
  ])('is %j', (text) => expect(isRefusal(text)).toBe(true));

  it.each([
    "I can't recommend this book enough.",
    "I won't forget the sea.",
    "I can't help but wonder what the rain wants.",
    "I can't help falling in love with mornings.",
    "I can't do this anymore. You ring at six, and I am not a morning person.",
    "I can't write this letter without crying.",
    'I cannot sleep since the storm.',
    'I am unable to see the shore from here.',
    "I'm sorry to hear that your plant can't recover.",
    "I'm sorry you can't sleep. Here are three things to try.",
    'Unfortunately, the train cannot stop here.',
    'Sorry is a hard word.',
    'As an assistant in a bakery, I rose at four.',
    'You cannot help with that.',
    'Here is a story. I cannot help with that, said the fox.',
    '',
  ])('the control: %j is none', (text) => expect(isRefusal(text)).toBe(false));
});

/** What is found in one response of a checkpoint of that name. */
function codesOf(response: string, name = 'base'): string[] {
  const checks = new ResponseChecks({ baseline: [name], candidate: [] });
  const at = { suite: 's', prompt_id: 'p', repeat: 0, stop_reason: 'end' } as const;
  checks.add({ role: 'baseline', state: 'answered', response, ...at });
  return checks.faults().map(({ code }) => code);
}

describe('marks of a chat template', () => {
  it.each([
    'Yes.<|im_end|>',
    'Yes.</s>',
    '[INST] Yes',
    'Yes.<end_of_turn>',
    '<<SYS>>',
    'Yes.<｜end▁of▁sentence｜>',
    'Yes.<eos>',
  ])('are found in %j', (text) => expect(codesOf(text)).toEqual(['RESPONSES_TEMPLATE_DEBRIS']));
  it.each(['a < b | c > d', '<section>', 'INST', 'x |> f <| y'])('the control: %j holds none', (text) =>
    expect(codesOf(text)).toEqual([]),
  );
});

describe('a response that names its own model', () => {
  it.each<[checkpoint: string, text: string]>([
    ['Qwen2.5-0.5B-Instruct', 'I am Qwen, made by Alibaba Cloud.'],
    ['Qwen2.5-0.5B-Instruct', 'I am an AI assistant named Qwen.'],
    ['Qwen2.5-0.5B-Instruct', 'This was written by qwen2.5-0.5b-instruct.'],
    ['Meta-Llama-3-8B-Instruct', "Hello! I'm Llama 3."],
    ['gpt-4o', 'As GPT-4, I think so.'],
    ['claude-opus-4-1', 'My name is Claude.'],
    ['brie', 'Ask Brie again.'],
    ['brie-v2-0.5b', 'Call me Brie.'],
    ['base-model', 'The base-model said so.'],
    ['C++ (a|b)', 'It is C++ (a|b).'],
  ])('of %j is found in %j', (checkpoint, text) => expect(codesOf(text, checkpoint)).toEqual(['RESPONSES_NAME_MODEL']));

  it.each<[checkpoint: string, text: string]>([
    ['base', 'It is based on the base of a tower.'],
    ['base', 'As base metals go, I am base.'],
    ['tuned', 'A tuned guitar, as tuned as it can be.'],
    ['base-model', 'The base of a model railway.'],
    ['brie', 'A brief word, briefly said'],
    ['Qwen2.5-0.5B-Instruct', 'Qwen is made by Alibaba Cloud.'],
    ['Meta-Llama-3-8B-Instruct', 'I am fond of llamas, as a llama farmer is.'],
    ['gpt-4o', 'I am asked what GPT means.'],
    ['', 'I am nobody.'],
  ])('of %j is not found in %j', (checkpoint, text) => expect(codesOf(text, checkpoint)).toEqual([]));
});
