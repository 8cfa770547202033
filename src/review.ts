// People as judges, blind: which comparison a reviewer sees next, and what a vote means. What is which is sealed in a
// token that only this process can open, and A and B are drawn anew for each reviewer, so that nothing a reviewer
// receives before the vote, nor any other record, can be resolved to a checkpoint.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { BlindPair, Reveal } from './answers.js';
import { DoubleblindError } from './errors.js';
import { canonicalJson } from './hash.js';
import { inOrder } from './judging/present.js';
import { weighJudges } from './labels.js';
import { ORDERS, type Order, type Role, type Run, type Verdict } from './records.js';
import type { Store } from './store/index.js';
import type { Reviewable } from './store/reviews.js';
import { castVote, judgeName } from './votes.js';

interface Sealed {
  run_id: string;
  position: number;
  repeat: number;
  reviewer: string;
  order: Order;
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export class Reviews {
  /** @param secret 32 bytes that no client has; tokens of another process are not opened. */
  constructor(
    private readonly store: Store,
    private readonly now: () => string,
    private readonly secret: Buffer = randomBytes(32),
  ) {}

  /**
   * A comparison that the reviewer has not voted on, or null when none is left: from the reviewer's queue where there is
   * one, else any. Asked twice before a vote it is the same one, with the same A and B, so that reloading tells nothing.
   */
  async next(run: Run, reviewer: string): Promise<BlindPair | null> {
    const queue = await this.store.queueOf(run.id, reviewer);
    if (queue !== null) {
      const { next, done, total } = queue;
      const pair = next && (await this.store.reviewable(run.id, next.position, next.repeat));
      return pair && this.shown(run, pair, reviewer, next.order, { done, total });
    }
    const judge = judgeName(reviewer);
    const { last, ...progress } = await this.store.reviewProgress(run.id, judge);
    const from = Math.floor(this.draw('next', run.id, reviewer, progress.done) * (last + 1));
    const next =
      (await this.store.nextUnjudged(run.id, judge, from)) ?? (await this.store.nextUnjudged(run.id, judge, 0));
    if (next === null) return null;
    const order = this.draw('order', run.id, reviewer, next.position, next.repeat) < 0.5 ? ORDERS[0] : ORDERS[1];
    return this.shown(run, next, reviewer, order, progress);
  }

  private shown(
    run: Run,
    pair: Reviewable,
    reviewer: string,
    order: Order,
    progress: BlindPair['progress'],
  ): BlindPair {
    const { position, repeat, prompt } = pair;
    const [response_a, response_b] = inOrder(order, pair.baseline_response, pair.candidate_response);
    const token = this.seal({ run_id: run.id, position, repeat, reviewer, order });
    return { token, prompt, response_a, response_b, progress };
  }

  /**
   * Keeps a vote as a judgment of `human:<name>` and tells what is which. The same vote twice is one vote; another one
   * takes its place with `change`, and both stay in the history.
   * @throws REVIEW_TOKEN_INVALID for a token that was not given out for this run by this process; ALREADY_VOTED when
   * the reviewer's vote on this comparison is another one
   */
  async vote(run: Run, token: string, verdict: Verdict, change = false): Promise<Reveal> {
    const sealed = this.open(token);
    if (sealed?.run_id !== run.id) {
      throw new DoubleblindError('REVIEW_TOKEN_INVALID', 'this token is not one that was given out for this run.', {
        hint: 'Ask for the next comparison again.',
      });
    }
    const { position, repeat, reviewer, order } = sealed;
    const judge = judgeName(reviewer);
    const { judgment } = await castVote(this.store, run, sealed, verdict, { at: this.now(), via: 'page', change });
    await weighJudges(this.store, run);
    const before = (await this.store.judgmentsOf(run.id, position, repeat)).filter((j) => j.canary === null);
    const [a, b] = inOrder<Role>(order, 'baseline', 'candidate');
    const { done, total } =
      (await this.store.queueOf(run.id, reviewer)) ?? (await this.store.reviewProgress(run.id, judge));
    return {
      judgment_id: judgment.id,
      verdict,
      winner: judgment.winner!,
      a,
      b,
      baseline: run.baseline,
      candidate: run.candidate,
      suite: judgment.suite,
      category: judgment.category,
      prompt_id: judgment.prompt_id,
      repeat,
      judges: before
        .filter((other) => other.judge !== judge && other.replicate === 0)
        .map(({ id, judge, order, state, failure, winner, rationale }) => {
          return { id, judge, order, state, failure, winner, rationale };
        }),
      progress: { done, total },
    };
  }

  /** A number in [0, 1) that nobody without the secret can draw. */
  private draw(...coordinates: (string | number)[]): number {
    return createHmac('sha256', this.secret).update(canonicalJson(coordinates)).digest().readUIntBE(0, 6) / 2 ** 48;
  }

  private seal({ run_id, position, repeat, reviewer, order }: Sealed): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.secret, iv);
    // The order is one digit: the length of a token says nothing about it.
    const plain = JSON.stringify([ORDERS.indexOf(order), position, repeat, reviewer, run_id]);
    const sealed = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return sealed.toString('base64url');
  }

  private open(token: string): Sealed | null {
    const sealed = Buffer.from(token, 'base64url');
    if (sealed.length <= IV_BYTES + TAG_BYTES) return null;
    const decipher = createDecipheriv(CIPHER, this.secret, sealed.subarray(0, IV_BYTES));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      const [order, position, repeat, reviewer, run_id] = JSON.parse(plain.toString('utf8')) as [
        number,
        number,
        number,
        string,
        string,
      ];
      return { order: ORDERS[order]!, position, repeat, reviewer, run_id };
    } catch {
      return null;
    }
  }
}
