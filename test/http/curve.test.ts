// The curve of a sweep over HTTP: what the terminal prints, for any run of the sweep.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepCurve } from '../../src/ledger/curve.js';
import { seedViews, VIEWS } from '../web/views.js';
import { openService, type Service } from '../web/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService({ webRoot: '.' });
  await seedViews(service.store);
}, 60_000);
afterAll(() => service.close());

const curveOf = (id: string) => fetch(`${service.origin}/api/runs/${id}/curve`);

describe('the curve of a sweep', () => {
  it('is the same from every run of the sweep, and what the ledger says', async () => {
    const known = JSON.parse(JSON.stringify(await sweepCurve(service.store, 'sweep-1'))) as { steps: unknown[] };
    expect(known.steps).toHaveLength(3);
    for (const id of VIEWS.steps) {
      const answer = await curveOf(id);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual(known);
    }
  });

  it('is nothing for a run that belongs to none, and a run that is not there is not found', async () => {
    expect((await curveOf(VIEWS.plain)).status).toBe(204);
    expect((await curveOf('none')).status).toBe(404);
  });
});
