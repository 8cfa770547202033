// Does a judge favour its own family (Panickssery et al. 2024, arXiv 2404.13076; Wataoka et al. 2024, arXiv
// 2410.21819)? The difference from the other judges, and which model names share a family.
import { mean } from 'simple-statistics';
import type { Role } from '../records.js';
import { signFlip } from './sign-flip.js';

/**
 * Mean over prompts of (score by the judge of the same family − mean score by the others) and its sign-flip p. It is
 * bias only if the others are right. Null effect without prompts that both have.
 */
export function selfPreference(
  own: (number | null)[],
  others: (number | null)[],
): { effect: number | null; two_sided: number; n: number } {
  const differences: number[] = [];
  own.forEach((score, i) => {
    const other = others[i] ?? null;
    if (score !== null && other !== null) differences.push(score - other);
  });
  return {
    effect: differences.length === 0 ? null : mean(differences),
    two_sided: signFlip(differences),
    n: differences.length,
  };
}

const FAMILIES: Record<string, RegExp> = {
  openai: /\b(gpt|chatgpt|davinci|o[1345](-mini|-pro|-preview)?)\b|^gpt/,
  anthropic: /claude/,
  google: /gemini|gemma|palm\b/,
  meta: /llama/,
  qwen: /qwen|qwq|qvq/,
  mistral: /mistral|mixtral|ministral|codestral|magistral/,
  deepseek: /deepseek/,
  microsoft: /\bphi-?\d|wizardlm/,
  cohere: /command-?(a|r)|\baya\b/,
  xai: /\bgrok/,
  '01-ai': /\byi-/,
  zhipu: /\bglm-?\d|chatglm/,
  moonshot: /kimi|moonshot/,
  nvidia: /nemotron/,
  ibm: /granite/,
  allenai: /olmo|tulu/,
};

/** Family of a model by its name (`Qwen/Qwen2.5-0.5B-Instruct` → `qwen`), or null for names that tell none. */
export function modelFamily(model: string): string | null {
  const name = model.toLowerCase();
  return Object.keys(FAMILIES).find((family) => FAMILIES[family]!.test(name)) ?? null;
}

/** The roles whose model shares the judge's family; empty when none does or the names tell no family. */
export function familyOverlap(judge: string, models: Record<Role, string | null>): Role[] {
  const family = modelFamily(judge);
  if (family === null) return [];
  return (['baseline', 'candidate'] as const).filter((role) => {
    const model = models[role];
    return model !== null && modelFamily(model) === family;
  });
}
