import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { cli } from '../cli.js';

it('a reader that goes away after the first words ends the command without a fault', async () => {
  const { end, stderr } = await cli(['suites', 'export', 'out-of-domain'], {
    cwd: tmpdir(),
    onStart: (child) => child.stdout!.destroy(),
  });
  expect(stderr).toBe('');
  expect(end).toBe(0);
});

it.skipIf(!existsSync('/dev/full'))(
  'on a full disk a result ends in one line, and lines on the way end nothing',
  async () => {
    const told = (stream: 1 | 2, ...args: string[]) =>
      cli(args, { cwd: tmpdir(), through: ['sh', '-c', `exec "$0" "$@" ${stream}> /dev/full`] });
    const { end, stderr } = await told(1, 'suites', 'list');
    expect(stderr).toMatch(/^error: the result cannot be written: .*ENOSPC.*\n$/);
    expect(end).toBe(3);
    expect((await told(2, 'suites', 'list', '--nonsense')).end).toBe(2);
  },
);
