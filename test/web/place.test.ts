import { expect, it } from 'vitest';
import { placeOf } from '../../src/web/place.js';

it('every address names one screen', () => {
  expect(placeOf('/')).toEqual({ screen: 'runs' });
  expect(placeOf('/runs')).toEqual({ screen: 'runs' });
  expect(placeOf('/runs/20261121_103000')).toEqual({ screen: 'run', id: '20261121_103000' });
  expect(placeOf('/runs/a%2Fb/samples/')).toEqual({ screen: 'samples', id: 'a/b' });
  expect(placeOf('/runs/r/review')).toEqual({ screen: 'review', id: 'r' });
  expect(placeOf('/judgments/j')).toEqual({ screen: 'judgment', id: 'j' });
  expect(placeOf('/audit')).toEqual({ screen: 'audit' });
  expect(placeOf('/leaderboard')).toEqual({ screen: 'leaderboard' });
  expect(placeOf('/compare')).toEqual({ screen: 'compare' });
});

it('an address that names nothing says so', () => {
  for (const path of [
    '/nowhere',
    '/audit/x',
    '/judgments',
    '/judgments/a/b',
    '/runs/r/nothing',
    '/runs/r/samples/more',
  ])
    expect(placeOf(path)).toEqual({ screen: 'missing' });
});

it('a broken escape in an address is taken as it stands', () => {
  expect(placeOf('/runs/%E0%A4%A')).toEqual({ screen: 'run', id: '%E0%A4%A' });
});
