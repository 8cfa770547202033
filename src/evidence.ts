// How did this judgment come about? One judgment with everything that shows it, rendered, read and mapped again from
// its stored parts, so that a reader sees what the judge saw and whether the record follows from it.
import type { Evidence, Sibling, Step } from './answers.js';
import { configOf } from './configuration.js';
import { unblind } from './judging/present.js';
import { rederive } from './judging/replay.js';
import { parseTemplate, type Template } from './judging/template.js';
import { readReply } from './judging/verdict.js';
import { presentationOf } from './judgment.js';
import { planOf } from './plan.js';
import type { Judgment, Message, Order, Prompt, Role, Run, StopReason } from './records.js';
import type { Store } from './store/index.js';
import type { PlacedPrompt } from './store/runs.js';
import { judgeName } from './votes.js';

/** The evidence of a judgment, or null when there is none with this id. */
export async function evidenceOf(store: Store, id: string): Promise<Evidence | null> {
  const judgment = await store.judgment(id);
  if (judgment === null) return null;
  const run = (await store.run(judgment.run_id))!;
  const placed = await store.prompt(run.id, judgment.suite, judgment.prompt_id);
  const comparison = placed === null ? [] : await store.judgmentsOf(run.id, placed.position, judgment.repeat);
  const others = comparison.filter((other) => other.id !== id && other.canary === judgment.canary);
  const of = (which: (other: Judgment) => boolean) => others.filter(which).map(withoutTexts);
  const own = (other: Judgment) => other.judge === judgment.judge;
  const person = (other: Judgment) => other.judge.startsWith('human:');
  const shown = present(judgment, run, placed);
  const votes = placed === null || !person(judgment) ? [] : await votesOf(store, judgment, placed.position);
  return {
    judgment,
    prompt: placed === null ? null : promptOf(placed),
    messages: shown.messages,
    reason: shown.reason,
    presentation_matches: shown.matches,
    slots: slotsOf(judgment.order),
    trace: [
      await orderStep(judgment, run, placed, store),
      presentationStep(judgment, shown),
      ...replySteps(judgment, shown, votes),
    ],
    differences: placed === null || run.origin === 'import' ? [] : rederive(judgment, sourceOf(run, placed, shown)),
    other_orders: of((other) => own(other) && other.order !== judgment.order),
    other_judges: of((other) => !own(other) && !person(other)),
    people: of((other) => !own(other) && person(other)),
    retests: of((other) => own(other) && other.order === judgment.order),
    findings: (await store.findings(run.id, id)).map(({ code, severity, message }) => ({ code, severity, message })),
  };
}

interface Shown {
  template: Template | null;
  messages: Message[] | null;
  reason: string | null;
  matches: boolean | null;
}

function present(judgment: Judgment, run: Run, placed: PlacedPrompt | null): Shown {
  const none = (reason: string): Shown => ({ template: null, messages: null, reason, matches: null });
  const { order, baseline_response, candidate_response, template: ref } = judgment;
  if (judgment.judge.startsWith('human:')) return none('A person judged, in blind review.');
  const text = (run.config['templates'] as Record<string, string> | undefined)?.[ref ?? ''];
  if (ref === null && run.origin === 'own') return none('The judge is a rule: it read the two texts and no message.');
  if (text === undefined) return none('The run holds no judge prompt: what the judge was sent is not known.');
  if (placed === null || order === null || baseline_response === null || candidate_response === null) {
    return none('A text or the order is missing, so that the messages cannot be rendered.');
  }
  const template = parseTemplate(text, ref!);
  const texts = { baseline: baseline_response, candidate: candidate_response };
  const { messages, sha256 } = presentationOf(template, placed, texts, order, seedOf(run));
  const recorded = judgment.presentation_sha256;
  return { template, messages, reason: null, matches: recorded === null ? null : recorded === sha256 };
}

async function orderStep(judgment: Judgment, run: Run, placed: PlacedPrompt | null, store: Store): Promise<Step> {
  const { order } = judgment;
  if (order === null) return { step: 'order', says: 'No order is stated.', holds: null };
  const { A, B } = slotsOf(order)!;
  const says = `${order}: A is the ${A}, B the ${B}`;
  if (run.origin === 'import' || placed === null)
    return { step: 'order', says: `${says}, as the file states`, holds: null };
  if (judgment.judge.startsWith('human:'))
    return { step: 'order', says: `${says}, drawn for this review`, holds: null };
  if (run.config['orders'] === 'both' || judgment.canary !== null) {
    return { step: 'order', says: `${says}; both orders are asked`, holds: true };
  }
  const units = planOf(configOf(run, await store.suites(run.id))).units(placed.position);
  const drawn = units.some(
    (unit) =>
      unit.judge === judgment.judge &&
      unit.repeat === judgment.repeat &&
      unit.replicate === judgment.replicate &&
      unit.order === order,
  );
  return { step: 'order', says: `${says}, drawn from seed ${seedOf(run)}`, holds: drawn };
}

function presentationStep({ presentation_sha256 }: Judgment, { matches, reason }: Shown): Step {
  if (matches === null) return { step: 'presentation', says: reason ?? 'No hash was recorded.', holds: null };
  const says = matches
    ? 'Rendered again, the messages are the ones that were sent'
    : 'Rendered again, the messages differ';
  return { step: 'presentation', says: `${says} (SHA-256 ${presentation_sha256!.slice(0, 12)}…)`, holds: matches };
}

/** The votes of the person on this comparison as they were given, in words, the oldest first. */
async function votesOf(store: Store, { run_id, repeat, judge }: Judgment, position: number): Promise<string[]> {
  const votes = (await store.votes(run_id)).filter(
    (vote) => vote.position === position && vote.repeat === repeat && judgeName(vote.reviewer) === judge,
  );
  return votes.map(
    ({ winner, via, voted_at }, i) =>
      `${winner} at ${voted_at}${via === 'file' ? ', from a file' : i === 0 ? ', blind' : ', after the reveal'}`,
  );
}

function replySteps(judgment: Judgment, { template }: Shown, votes: string[]): Step[] {
  const { reply, order, quote, quote_found_in } = judgment;
  const steps: Step[] = [];
  if (votes.length > 0) steps.push({ step: 'reply', says: `Voted ${votes.join('; then ')}`, holds: null });
  else if (reply === null || order === null) {
    const says =
      judgment.state === 'failed' ? `No reply: ${judgment.failure}` : 'The winner is recorded without a reply to read';
    steps.push({ step: 'reply', says, holds: null });
  } else {
    const reading = readReply({ text: reply, stop_reason: judgment.stop_reason as StopReason | null }, template);
    const read = reading.state === 'judged' ? reading.verdict : reading.failure;
    const recorded = judgment.state === 'judged' ? judgment.verdict : judgment.failure;
    steps.push({ step: 'reply', says: `${reading.how}: ${read}`, holds: read === recorded });
  }
  if (judgment.state === 'judged' && judgment.verdict !== null && order !== null) {
    const winner = unblind(judgment.verdict, order);
    const says = winner === 'tie' ? 'A tie is a tie in either order' : `${judgment.verdict} is the ${winner}: it wins`;
    steps.push({ step: 'winner', says, holds: winner === judgment.winner });
  }
  if (quote !== null) {
    const says =
      quote_found_in === null ? 'The quote is too short to tell' : `The quote is found in ${placeOf(quote_found_in)}`;
    const sided = quote_found_in === 'baseline' || quote_found_in === 'candidate';
    const decisive = judgment.winner === 'baseline' || judgment.winner === 'candidate';
    steps.push({ step: 'quote', says, holds: sided && decisive ? quote_found_in === judgment.winner : null });
  }
  return steps;
}

function placeOf(found: NonNullable<Judgment['quote_found_in']>): string {
  return found === 'both' ? 'both responses' : found === 'neither' ? 'neither response' : `the ${found}`;
}

function slotsOf(order: Order | null): Evidence['slots'] {
  if (order === null) return null;
  return { A: unblind('A', order) as Role, B: unblind('B', order) as Role };
}

function sourceOf(run: Run, placed: PlacedPrompt, { template }: Shown) {
  return { prompt: promptOf(placed), seed: seedOf(run), template };
}

function promptOf({
  prompt,
  messages,
  system,
  reference,
}: PlacedPrompt): Pick<Prompt, 'prompt' | 'messages' | 'system' | 'reference'> {
  return { prompt, messages, system, reference };
}

const seedOf = (run: Run): number => (run.config['seed'] as number | undefined) ?? 0;

function withoutTexts({ prompt: _p, baseline_response: _b, candidate_response: _c, ...sibling }: Judgment): Sibling {
  return sibling;
}
