// Builds dist/ with the TypeScript compiler, the command line with Rolldown and the page with Vite. Run by `npm ci` (prepare). Where the compiler is
// absent (`npm ci --omit=dev`) the step is passed over with a line.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const require = createRequire(import.meta.url);
const bin = (name, path) => {
  try {
    return require.resolve(`${name}/package.json`).replace(/package\.json$/, path);
  } catch {
    return null;
  }
};
const run = (script, ...args) => {
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

const tsc = bin('typescript', 'bin/tsc');
const vite = bin('vite', 'bin/vite.js');
if (tsc === null || vite === null) {
  console.log('doubleblind: the compiler is not installed (--omit=dev), so the build step is passed over.');
  process.exit(0);
}
rmSync('dist', { recursive: true, force: true });
run(tsc, '-p', 'tsconfig.build.json');
rmSync('dist/cli', { recursive: true });
const { bundle } = await import('./bundle.mjs');
await bundle(process.cwd(), resolve('dist/cli'));
if (existsSync('src/web/index.html')) run(vite, 'build', '--logLevel', 'warn', '--config', 'src/web/vite.config.ts');
chmodSync('dist/cli/main.js', 0o755);
