// What tests that run a second time, on PostgreSQL, begin and end with.
import { afterAll, beforeEach } from 'vitest';
import { onPostgres } from './stores.js';

const { missing, stop } = await onPostgres();
if (missing !== null) {
  console.warn(`passed over: ${missing}`);
  beforeEach((context) => context.skip(missing));
}
afterAll(stop);
