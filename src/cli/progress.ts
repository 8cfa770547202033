// What is seen while a run goes: one line, rewritten, on a terminal; a plain line now and then on a pipe. On stderr.
import { SingleBar } from 'cli-progress';
import type { Delay } from '../models/limits.js';
import type { Progress } from '../run-world.js';
import { say } from './action.js';
import { duration, money, whole } from '../figures.js';
import { batchWords } from '../words.js';
import { breadth, plain } from './terminal.js';

/** Between plain lines on a pipe. */
const PLAIN_EVERY_MS = 30_000;
/** Shorter waits come and go unseen. */
const WAIT_TOLD_MS = 5000;

export interface ProgressLine {
  update(progress: Progress): void;
  /** Somebody waits for an endpoint: told once for as long as this takes, however many wait. */
  wait(event: Delay): void;
  /** A warning above the line. */
  warn(message: string): void;
  /** A line of news above the line. */
  tell(message: string): void;
  end(): void;
}

/** A progress line for this terminal: progress is for people and goes to stderr, also beside `--json`. */
export function openProgress(now: () => number = () => Date.now()): ProgressLine {
  const live = process.stderr.isTTY;
  const started = now();
  let first: Progress | null = null;
  let last: Progress | null = null;
  let told = started;
  let bar: SingleBar | null = null;
  let pause: { address: string; until: number } | null = null;
  const toldUntil = new Map<string, number>();

  const text = (p: Progress) => {
    const seconds = Math.max(0.001, (now() - started) / 1000);
    const { done, due, before } = shown(p);
    const rate = (done - before) / seconds;
    const left = rate > 0 ? `${duration(((due - done) / rate) * 1000)} left` : '';
    const spent =
      p.left_usd === null ? money(p.spent_usd) : `${money(p.spent_usd)} of ${money(p.spent_usd + p.left_usd)}`;
    return [
      `${rate >= 100 ? whole(Math.round(rate)) : rate.toFixed(1)}/s`,
      left,
      p.batches ? batchWords(p.batches) : '',
      p.retried > 0 ? `${whole(p.retried)} retried` : '',
      p.failed > 0 ? `${whole(p.failed)} failed` : '',
      p.spent_usd > 0 || p.left_usd !== null ? spent : '',
      p.unpriced > 0 ? 'price unknown' : '',
      pause !== null && pause.until > now() ? `${pause.address} waits ${duration(pause.until - now())}` : '',
    ]
      .filter(Boolean)
      .join('  ');
  };
  const phase = (p: Progress) => (p.due > 0 && p.done === 0 && p.responses < p.responses_due ? 'asking' : 'judging');
  /** What is counted, and what of it was there when it began; the first to be told is new. */
  const shown = (p: Progress) => {
    const [count, due] = phase(p) === 'asking' ? (['responses', p.responses_due] as const) : (['done', p.due] as const);
    return { done: p[count], due, before: Math.max(0, (first ?? p)[count] - 1) };
  };
  const payload = (p: Progress) => {
    const { done, due } = shown(p);
    const [head, tail] = [`${phase(p)}  ${done}/${due}  100%  `, text(p)];
    return { phase: phase(p), text: `${drawn(done / due, process.stderr.columns - breadth(head + tail))}${tail}` };
  };

  return {
    update(p) {
      first ??= p;
      last = p;
      const { done, due } = shown(p);
      if (live) {
        if (bar === null) {
          bar = new SingleBar({
            format: '{phase}  {value}/{total}  {percentage}%  {text}',
            hideCursor: true,
            fps: 8,
            stream: process.stderr,
            forceRedraw: true,
          });
          bar.start(due, done, payload(p));
        }
        bar.setTotal(due);
        bar.update(done, payload(p));
      } else if (now() - told >= PLAIN_EVERY_MS) {
        told = now();
        say(`${phase(p)} ${whole(done)}/${whole(due)}  ${text(p)}`);
      }
    },
    wait({ address, message, wait_ms }) {
      // People take a run that backs off for one that is stuck.
      if (wait_ms < WAIT_TOLD_MS) return;
      const until = now() + wait_ms;
      if (pause === null || pause.until < until) pause = { address: hostOf(address), until };
      if (live || now() < (toldUntil.get(address) ?? -Infinity)) return;
      toldUntil.set(address, until);
      say(`${address}: ${plain(message)}; trying again in ${duration(wait_ms)}`);
    },
    warn(message) {
      this.tell(`warning: ${message}`);
    },
    tell(message) {
      bar?.stop();
      bar = null;
      say(message);
    },
    end() {
      if (bar !== null && last !== null) {
        const { done, due } = shown(last);
        bar.setTotal(due);
        bar.update(done, payload(last));
        bar.stop();
      }
      bar = null;
    },
  };
}

/** A bar in the room that the words leave: a line that is cut or wraps is of no use. */
function drawn(share: number, room: number): string {
  const size = Math.min(16, room - 4);
  if (size < 4) return '';
  const full = Math.round(Math.min(1, share || 0) * size);
  return `▕${'█'.repeat(full)}${' '.repeat(size - full)}▏ `;
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}
