// Commands in this process, which spares each its start.
import { vi } from 'vitest';
import { main } from '../../src/cli/program.js';

/** What a command says in the working directory, and its exit code. */
export async function run(...args: string[]): Promise<{ end: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const listen = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const spies = [listen('stdout'), listen('stderr')];
  const argv = process.argv;
  process.argv = ['node', 'doubleblind', ...args];
  try {
    process.exitCode = 0;
    const end = await main(process.argv);
    return { end, ...said };
  } finally {
    process.argv = argv;
    process.exitCode = 0;
    for (const spy of spies) spy.mockRestore();
  }
}
