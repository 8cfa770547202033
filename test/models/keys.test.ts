import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, isOwnAddress, keyOf, keyStanding, redact } from '../../src/models/keys.js';

const env = { OPENAI_API_KEY: 'sk-openai-12345678', ANTHROPIC_API_KEY: 'sk-ant-87654321', MY_KEY: 'mine-99887766' };

describe('the key an endpoint gets', () => {
  it.each([
    [{ provider: 'openai' }, 'sk-openai-12345678'],
    [{ provider: 'anthropic' }, 'sk-ant-87654321'],
    [{ provider: 'openai', base_url: 'https://api.openai.com/v1' }, 'sk-openai-12345678'],
    [{ provider: 'openai', base_url: 'https://eu.api.openai.com/v1' }, 'sk-openai-12345678'],
    [{ provider: 'openai', base_url: 'http://localhost:8000/v1', api_key_env: 'MY_KEY' }, 'mine-99887766'],
  ])('%j is the one meant for it', (access, key) => expect(keyOf(access, env).value).toBe(key));

  it.each([
    ['openai', 'http://localhost:8000/v1'],
    ['openai', 'https://api.openai.com.evil.example/v1'],
    ['openai', 'https://evil.example/api.openai.com'],
    ['openai', 'http://api.openai.com/v1'],
    ['openai', 'https://user:pass@evil.example/v1'],
    ['openai', 'https://notapi.openai.com.example'],
    ['anthropic', 'https://gateway.example'],
    ['anthropic', 'https://xapi.anthropic.com.example'],
  ])('of %s is never sent to %s', (provider, base_url) => {
    const key = keyOf({ provider, base_url }, env);
    expect(key.variable).toBeNull();
    expect(JSON.stringify(key)).not.toMatch(/sk-/);
  });

  it('goes to an address that stands in the environment beside it, as in the SDKs', () => {
    const here = { ...env, OPENAI_BASE_URL: 'http://localhost:1/v1/' };
    expect(addressOf({ provider: 'openai' }, here)).toBe('http://localhost:1/v1');
    expect(keyOf({ provider: 'openai' }, here).value).toBe('sk-openai-12345678');
    expect(keyOf({ provider: 'openai' }, { OPENAI_BASE_URL: 'http://localhost:1/v1' }).variable).toBeNull();
  });

  it.each([
    ['http://user:PLANTEDpw99@localhost:1/v1', 'must not hold a name or password'],
    ['http://PLANTEDtoken99@localhost:1/v1', 'must not hold a name or password'],
    ['localhost:1/PLANTED', 'must begin with http:// or https://'],
    ['PLANTED', 'is no address'],
    ['http://localhost:1/v1?key=PLANTED', 'must end with its path, without ? and #'],
  ])('is not looked for where the environment names %s, which is not repeated', (address, why) => {
    const at = (): string => addressOf({ provider: 'openai' }, { OPENAI_BASE_URL: address });
    expect(at).toThrow(`OPENAI_BASE_URL ${why}`);
    expect(at).not.toThrow('PLANTED');
    expect(at).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
  });

  it('is asked for by the name of its variable when it is not set', () => {
    expect(() => keyOf({ provider: 'openai' }, {})).toThrow('OPENAI_API_KEY is not set');
    const access = { provider: 'openai', base_url: 'http://localhost:8000/v1' };
    expect(() => keyOf({ ...access, api_key_env: 'VLLM_KEY' }, env)).toThrow('VLLM_KEY is not set');
    expect(() => keyOf({ ...access, headers_env: { 'X-Team': 'TEAM_TOKEN' } }, env)).toThrow('TEAM_TOKEN is not set');
  });

  it('stands beside headers from the environment, and in the older header for gateways of Anthropic', () => {
    const access = { provider: 'anthropic', base_url: 'https://gateway.example', api_key_env: 'MY_KEY' };
    expect(keyOf({ ...access, headers_env: { 'X-Team': 'MY_KEY' } }, env).headers).toEqual({
      'X-Team': 'mine-99887766',
      'x-api-key': 'mine-99887766',
    });
    expect(keyOf({ provider: 'anthropic' }, env).headers).toEqual({});
  });

  it('is for addresses reached so that nobody else can read it', () => {
    expect(isOwnAddress('openai', 'https://api.openai.com/v1')).toBe(true);
    expect(isOwnAddress('openai', 'http://api.openai.com/v1')).toBe(false);
    expect(isOwnAddress('anthropic', 'https://api.openai.com/v1')).toBe(false);
  });
});

describe('a text that is written', () => {
  it('holds no key of the environment, whatever it is wrapped in', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=_%& .-]{12,40}$/).filter((key) => key.trim().length >= 12);
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (key, before, after) => {
        const held = key.trim();
        const wrapped = [
          held,
          encodeURIComponent(held),
          JSON.stringify(held).slice(1, -1),
          Buffer.from(`${before}:${held}`).toString('base64'),
          Buffer.from(`${before}:${held}${after}`).toString('base64url'),
        ];
        const clean = redact(`${before} ${wrapped.join(' ')} ${after}`, { SOME_API_KEY: key });
        expect(clean).not.toContain(held);
        expect(clean).not.toContain(encodeURIComponent(held));
        for (const word of clean.split(' '))
          for (const alphabet of ['base64', 'base64url'] as const)
            expect(Buffer.from(word, alphabet).toString('latin1')).not.toContain(held);
      }),
    );
  });

  it('names the variable in the place of its key', () => {
    expect(redact('401: mine-99887766 is wrong', env)).toBe('401: [MY_KEY] is wrong');
  });

  it('keeps words that only look like placeholders, and what no variable of a key holds', () => {
    expect(redact('none of /home/somebody', { API_KEY: 'none', HOME: '/home/somebody' })).toBe(
      'none of /home/somebody',
    );
  });

  it('hides the value of a variable that is named as holding one', () => {
    expect(redact('seen: abcdefgh1', { PLAIN: 'abcdefgh1' }, ['PLAIN'])).toBe('seen: [PLAIN]');
  });

  it.each([
    ['http://me:pass@host/v1 is down', 'http://me:[password]@host/v1 is down'],
    ['http://me:p@ss@host/v1', 'http://me:[password]@host/v1'],
    ['http://:pass@host/v1', 'http://:[password]@host/v1'],
    ['https://abcdef0123@host/v1', 'https://[password]@host/v1'],
    ['ssh://git@host/repo', 'ssh://git@host/repo'],
    ['"//host/a", "me@host"', '"//host/a", "me@host"'],
  ])('hides the password or token of an address: %s', (text, clean) => expect(redact(text, {})).toBe(clean));
});

describe('a document', () => {
  it('that holds a key of the environment, in whatever form, is known by its place and the variable', () => {
    const standing = (judge: object) => keyStanding({ name: 'run', judges: [{ name: 'a' }, judge] }, env);
    const path = ['judges', '1', 'system'];
    expect(standing({ system: 'say mine-99887766' })).toEqual({ path, variable: 'MY_KEY' });
    const encoded = Buffer.from('me:sk-ant-87654321').toString('base64');
    expect(standing({ system: encoded })).toEqual({ path, variable: 'ANTHROPIC_API_KEY' });
    expect(standing({ 'mine-99887766': 1 })).toMatchObject({ variable: 'MY_KEY' });
    expect(standing({ system: 'be brief' })).toBeNull();
  });
});
