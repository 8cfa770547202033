// What options offer to choose from, in the words of records.ts: its schemas take longer to load than help to print.
import type { Domain, Status } from '../records.js';

export const DOMAINS = Object.keys({
  ...{ 'in-domain': 1, 'out-of-domain': 1, 'multi-domain': 1 },
} satisfies Record<Domain, 1>) as Domain[];

export const STATUSES = Object.keys({
  ...{ queued: 1, running: 1, done: 1, stopped: 1, cancelled: 1 },
} satisfies Record<Status, 1>) as Status[];
