// Hashes of records and texts: SHA-256 over canonical JSON (RFC 8785), so that anyone can recompute them.
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** SHA-256 of a UTF-8 text or bytes, 64 hex digits. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data);
}

/**
 * Canonical JSON (RFC 8785) of a plain value.
 * @throws TypeError for anything that has no JSON form (`undefined`, NaN, functions).
 */
export function canonicalJson(value: unknown): string {
  // Coordinates: the plain form is the canonical one, and takes a tenth of the time.
  if (Array.isArray(value) && value.every(isPlain)) return JSON.stringify(value);
  const json = canonicalize(value);
  if (json === undefined) throw new TypeError('no canonical JSON for undefined');
  return json;
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

/** SHA-256 (hex) of the canonical JSON of a plain value. */
export function hashOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

/**
 * SHA-256 (hex) of the canonical JSON of messages. Two sorted keys with well-formed texts are canonical as
 * JSON.stringify writes them; the general function takes ten times as long.
 */
export function hashOfMessages(messages: readonly { role: string; content: string }[]): string {
  return sha256(JSON.stringify(messages.map(({ content, role }) => ({ content, role }))));
}

/** Prompt text as the statistics see it: NFC, runs of white space as one blank, trimmed, case kept. */
export function normalisePrompt(text: string): string {
  // Single blanks, which are most of them, are left where they are.
  return text
    .normalize('NFC')
    .replace(/\s{2,}|[^\S ]/gu, ' ')
    .trim();
}

/** Identity of a prompt for the statistics: hash of its normalised text with system and all turns, 32 hex digits. */
export function promptHash(prompt: string, system: string | null = null): string {
  const text = system === null ? prompt : `${system}\n\n${prompt}`;
  return sha256(normalisePrompt(text)).slice(0, 32);
}

/**
 * The text as UTF-8 and both databases hold it: half a surrogate pair, and U+0000, which PostgreSQL refuses, become
 * U+FFFD. JSON can spell both.
 */
export function storable(text: string): string {
  const whole = text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole;
}

/** Why a text cannot be kept as it stands, null where it can. */
export function unstorable(text: string): string | null {
  // No export could give the same text back.
  if (!text.isWellFormed()) return 'holds half a surrogate pair, which is no character';
  return text.includes('\0') ? 'holds U+0000, which PostgreSQL cannot store' : null;
}

/** Length of a text in Unicode code points. */
export function codePoints(text: string): number {
  // Most texts have no letter that takes two units.
  if (!/[\ud800-\udbff]/.test(text)) return text.length;
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    n++;
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) i++;
    }
  }
  return n;
}
