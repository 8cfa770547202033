// Does a response name its own model or maker? The judge was not blind in that row.
import type { Row } from '../formats/index.js';
import type { MakeCheck } from './check.js';

const MODELS =
  'ChatGPT|GPT-?[345][\\w.-]*|Claude|Gemini|Bard|Llama|Qwen|Tongyi Qianwen|Mistral|Mixtral|DeepSeek|Phi-?[1234]|Gemma|Grok|Copilot|Alpaca|Vicuna|Falcon|Yi|ERNIE|Command R|Brie';
const MAKERS =
  'OpenAI|Anthropic|Google(?: DeepMind)?|DeepMind|Meta(?: AI)?|Alibaba(?: Cloud)?|Mistral AI|DeepSeek|Microsoft|xAI|Cohere|Zhipu|Baidu|LMSYS|01\\.AI|Moonshot';
/** A text that speaks of itself; a text about models or makers is no leak. */
const SELF = [
  new RegExp(
    `\\b(?:I['’]?m|I am|my name is|call me)\\s+(?:an?\\s+)?(?:AI\\s+\\w+\\s+(?:called|named)\\s+)?(?:${MODELS})\\b(?!\\s*['’]s\\b)`,
  ),
  new RegExp(
    `\\b(?:I['’]?m|I am|I was|I have been|[Aa]s)\\b[^.!?\\n]{0,60}\\b(?:created|developed|trained|made|built|designed|powered)\\s+by\\s+(?:${MAKERS})\\b`,
  ),
  new RegExp(`\\b(?:${MAKERS})(?:['’]s)?\\s+(?:created|developed|trained|made|built|designed)\\s+me\\b`),
];

export const identityLeak: MakeCheck = () => ({
  code: 'IDENTITY_LEAK',
  see(row) {
    const { judgment } = row;
    if (judgment.canary !== null) return 'outside';
    if (judgment.baseline_response === null && judgment.candidate_response === null) return 'unverifiable';
    for (const role of ['baseline', 'candidate'] as const) {
      const words = leakOf(judgment[`${role}_response`] ?? '', row, role);
      if (words !== null)
        return { severity: 'warning', derived: role, message: `The ${role}'s response names its model: "${words}".` };
    }
    return 'sound';
  },
});

/** The words that give the model away, or null. */
function leakOf(text: string, { judgment }: Row, role: 'baseline' | 'candidate'): string | null {
  for (const pattern of SELF) {
    const words = pattern.exec(text)?.[0];
    if (words !== undefined) return words.slice(0, 80);
  }
  // A name with digits or hyphens does not stand in a text by chance, unless the prompt asks about it.
  const name = judgment[role];
  const distinctive = name.length >= 6 && /[\d-]/.test(name) && !(judgment.prompt ?? '').includes(name);
  return distinctive && text.toLowerCase().includes(name.toLowerCase()) ? name : null;
}
