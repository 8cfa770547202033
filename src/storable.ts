// Texts come from JSON, which can spell what a database cannot hold.

/**
 * The text as UTF-8 and both databases hold it: half a surrogate pair, and U+0000, which PostgreSQL refuses, become
 * U+FFFD.
 */
export function storable(text: string): string {
  const whole = text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole;
}
