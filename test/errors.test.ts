import { describe, expect, test } from 'vitest';
import { databaseLost, suggest } from '../src/errors.js';

describe('suggest', () => {
  test('names the nearest choice and stays silent when none is near', () => {
    const keys = ['temperature', 'max_tokens', 'base_url', 'template', 'id'];
    expect(suggest('temprature', keys)).toBe('temperature');
    expect(suggest('max-token', keys)).toBe('max_tokens');
    expect(suggest('baseUrl', keys)).toBe('base_url');
    expect(suggest('di', keys)).toBe('id');
    expect(suggest('colour', keys)).toBeNull();
    expect(suggest('', keys)).toBeNull();
  });
});

describe('databaseLost', () => {
  test('knows what a database says that goes away, with a code and without, and nothing else', () => {
    expect(databaseLost(new Error('Connection terminated unexpectedly'))?.code).toBe('DATABASE_LOST');
    expect(databaseLost(Object.assign(new Error('x'), { code: '57P01' }))?.code).toBe('DATABASE_LOST');
    expect(databaseLost(Object.assign(new Error('x'), { code: 'ERR_X' }))).toBeNull();
    expect(databaseLost(new TypeError('not a function'))).toBeNull();
    expect(databaseLost('Connection terminated')).toBeNull();
  });
});
