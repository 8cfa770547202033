// Anthropic's Message Batches. A batch carries no name of ours, so one whose id was lost is told by its time, its size
// and, once it has ended, by the ids in its results.
import type Anthropic from '@anthropic-ai/sdk';
import { anthropicClient, messageBody, readMessage } from './anthropic.js';
import {
  BatchDesk,
  type Batches,
  type BatchResult,
  CLOCK_SLACK_MS,
  type Found,
  type Intent,
  named,
} from './batches.js';
import type { Connection } from './connections.js';
import { UnreadableReply } from './failures.js';

type Line = Anthropic.Messages.MessageBatchIndividualResponse;

/** Statuses that error types of single items stand for, as in direct answers. */
const STATUS: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  overloaded_error: 529,
};

export function anthropicBatches(connection: Connection): Batches {
  const { spec, address, key, transport } = connection;
  const client = anthropicClient(address, key, transport.fullFetch);
  const service = client.messages.batches;
  const desk = new BatchDesk(connection);

  const linesOf = (id: string, signal?: AbortSignal) => desk.again((own) => service.results(id, {}, own), signal);

  function resultOf({ custom_id, result }: Line): BatchResult | Promise<BatchResult> {
    switch (result.type) {
      case 'succeeded':
        return desk.answered(custom_id, readMessage(result.message));
      case 'errored': {
        const { type, message } = result.error.error;
        const error = { status: STATUS[type] ?? 500, type, message, error: result.error };
        return desk.errored(custom_id, error);
      }
      case 'expired':
        return { custom_id, state: 'due', reason: 'expired', message: 'the batch expired before its turn' };
      case 'canceled':
        return { custom_id, state: 'due', reason: 'cancelled', message: 'the batch was cancelled before its turn' };
      default:
        throw new UnreadableReply(`the result is none: ${JSON.stringify(result).slice(0, 200)}`);
    }
  }

  async function* results(id: string, signal?: AbortSignal): AsyncGenerator<BatchResult> {
    for await (const line of await linesOf(id, signal)) yield* await desk.told(line, resultOf);
  }

  async function isOurs(id: string, { custom_ids }: Intent, signal?: AbortSignal): Promise<boolean> {
    for await (const line of desk.whole(await linesOf(id, signal), signal))
      return custom_ids.has((line as Line | null)?.custom_id ?? '');
    return false;
  }

  return {
    results: (id, signal) => desk.whole(results(id, signal), signal),
    async submit(items, _intent, signal) {
      const requests = items.map(({ custom_id, ask }) => ({
        custom_id,
        params: messageBody(spec.model!, desk.call(ask), spec.extra_body ?? {}),
      }));
      return (await desk.once(() => service.create({ requests }).then(named), signal)).id;
    },
    async find(intent, signal): Promise<Found> {
      const waiting: string[] = [];
      const list = await desk.again((own) => service.list({ limit: 100 }, own), signal);
      for await (const { id, created_at, processing_status, request_counts: counts } of list) {
        if (Date.parse(created_at) < intent.submitted_at - CLOCK_SLACK_MS) break;
        const size = Object.values(counts).reduce((sum: number, n: number) => sum + n, 0);
        if (size !== intent.custom_ids.size || intent.known.has(id)) continue;
        if (processing_status !== 'ended') waiting.push(id);
        else if (await isOurs(id, intent, signal)) return { id };
      }
      return waiting.length > 0 ? { waiting } : null;
    },
    async poll(id, signal) {
      const batch = await desk.ofKnown((own) => service.retrieve(id, {}, own).then(named), signal);
      if (batch === null)
        return { id, state: 'gone', total: 0, done: 0, cancelled: false, message: null, crowded: false };
      const { processing, ...ends } = batch.request_counts;
      const done = Object.values(ends).reduce((sum, n) => sum + n, 0);
      const state = batch.processing_status === 'ended' ? 'ended' : 'in-progress';
      const cancelled = batch.cancel_initiated_at !== null;
      return { id, state, total: processing + done, done, cancelled, message: null, crowded: false };
    },
    async cancel(id, signal) {
      await desk.ofKnown((own) => service.cancel(id, {}, own), signal);
    },
  };
}
