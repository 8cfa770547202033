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
