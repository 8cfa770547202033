// Does a response speak to the judge: address it, close the template's delimiters, or state a verdict of its own?
import type { MakeCheck } from './check.js';

const INJECTIONS: [RegExp, string][] = [
  [/\[\[(?:[ABC]|[AB][<>=]{1,2}[AB])\]\]/, 'states a verdict'],
  [/^[ \t*#>]*(?:final\s+)?(?:verdict|winner)[ \t*]*:[ \t*]*(?:(?:response|assistant|model|answer)\s+)?(?:A|B|tie)\b/im, 'states a verdict'],
  [/"(?:verdict|winner)"\s*:\s*"(?:A|B|tie)"/i, 'states a verdict'],
  [/<\|?\s*(?:the\s+)?(?:end|start)\s+of\s+(?:assistant|response|answer)\b/i, 'imitates the delimiters of a judge prompt'],
  [/\[(?:the\s+)?(?:end|start)\s+of\s+(?:assistant|response|answer)\b/i, 'imitates the delimiters of a judge prompt'],
  [/<\/?\s*(?:response|answer)[_ -]?[ab]\b[^>]{0,40}>/i, 'imitates the delimiters of a judge prompt'],
  [/<\|im_(?:start|end)\|>|<\|(?:system|user|assistant|eot_id|end_of_turn)\|>|\[\/?INST\]/, 'holds control tokens of a chat template'],
  [/\b(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+)?(?:previous|prior|above|earlier|preceding|system)\s+(?:instructions?|prompts?|rules|text|criteria)/i, 'tells its reader to ignore instructions'],
  [/\b(?:dear|attention|note to(?: the)?|message to(?: the)?|hello)\s+(?:judge|evaluator|grader|rater|annotator)\b/i, 'addresses the judge'],
  [/\b(?:judge|evaluator|grader|you)\b[^.!?\n]{0,40}\b(?:must|should|have to|please)\s+(?:choose|select|prefer|pick|rate|rank|vote for)\b[^.!?\n]{0,30}\b(?:response|assistant|answer|output|this)\b/i, 'tells the judge what to choose'],
  [/\b(?:response|assistant|answer|output)\s+\(?[AB]\)?\s+is\s+(?:clearly\s+|significantly\s+|slightly\s+|much\s+)?(?:better|the winner|superior|the best)\b/i, 'states a verdict'],
]; // prettier-ignore

export const verdictInjection: MakeCheck = () => ({
  code: 'VERDICT_INJECTION',
  see({ judgment }) {
    if (judgment.canary !== null) return 'outside';
    if (judgment.baseline_response === null && judgment.candidate_response === null) return 'unverifiable';
    for (const role of ['baseline', 'candidate'] as const) {
      const text = judgment[`${role}_response`] ?? '';
      for (const [pattern, does] of INJECTIONS) {
        const words = pattern.exec(text)?.[0];
        // What the prompt itself contains is its subject, not an attack.
        if (words === undefined || (judgment.prompt ?? '').includes(words)) continue;
        const shown = words.trim().slice(0, 80);
        return { severity: 'warning', derived: role, message: `The ${role}'s response ${does}: "${shown}".` };
      }
    }
    return 'sound';
  },
});
