// Bundles the command line into a few files: Node takes longer over a thousand small modules than over the work of most
// commands. What a command needs alone stays in files of its own, loaded when it is called.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/** Packages that are taken into the bundle; all others are imported from node_modules. */
const INSIDE = [
  ...[
    '@pydantic/genai-prices',
    'canonicalize',
    'cli-progress',
    'cli-table3',
    'commander',
    'csv-parse',
    'csv-stringify',
  ],
  ...['eventemitter3', 'kysely', 'liquidjs', 'ml-matrix', 'openai', 'p-queue', 'picocolors', 'pure-rand'],
  ...['simple-statistics', 'yaml'],
  // They share one copy of the schemas.
  ...['zod', 'fastify-type-provider-zod'],
];
/** A scope of which every package is, hundreds of them with a few lines each. */
const SCOPE = '@stdlib/';

/**
 * Writes the command line of the sources in `root` to `outdir`, which takes the place of `dist/cli`.
 * @returns esbuild's account of what went where
 */
export async function bundle(root, outdir) {
  const { metafile } = await build({
    entryPoints: [join(root, 'src/cli/main.ts')],
    absWorkingDir: root,
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    metafile: true,
    logLevel: 'error',
    // Names of classes are read: the SDKs put theirs in a header, and errors are known by them.
    minifyIdentifiers: false,
    minifyWhitespace: true,
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';const require = requireFrom(import.meta.url);",
    },
    plugins: [packages, places(root)],
  });
  writeFileSync(join(outdir, 'LICENSES.txt'), licenses(root, metafile).join(`\n${'-'.repeat(80)}\n\n`));
  return metafile;
}

const isPackage = /[\\/]node_modules[\\/]/;

const packages = {
  name: 'packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
      const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
      // What a package needs goes with it: from here, its name may lead to another version.
      const taken =
        kind === 'entry-point' || INSIDE.includes(name) || name.startsWith(SCOPE) || isPackage.test(importer);
      return taken ? undefined : { path, external: true };
    });
  },
};

/** A module that asks where it lies is told where it would lie unbundled, so that files beside it are found. */
const places = (root) => ({
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const own = relative(join(root, 'src/cli'), path).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      return {
        loader: 'ts',
        contents: text.replaceAll('import.meta.url', `new URL(${JSON.stringify(own)}, import.meta.url).href`),
      };
    });
  },
});

/** Each license once, under the packages that stand under it. */
function licenses(root, { inputs }) {
  const folders = Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const under = new Map();
  for (const folder of [...new Set(folders)].sort()) {
    const text = licenseIn(join(root, folder));
    under.set(text, [...(under.get(text) ?? []), folder.replace(/^.*node_modules\//, '')]);
  }
  return [...under].map(([text, names]) => `${names.join(', ')}\n\n${text}`);
}

function licenseIn(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8');
  return `${JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).license}\n`;
}
