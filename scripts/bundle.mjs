// Bundles the command line into a few files: Node takes longer over a thousand small modules than over the work of most
// commands. What a command needs alone stays in files of its own, loaded when it is called.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { rolldown } from 'rolldown';

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
  ...['simple-statistics', 'undici', 'yaml'],
  // They share one copy of the schemas.
  ...['zod', 'fastify-type-provider-zod'],
];
/** A scope of which every package is, hundreds of them with a few lines each. */
const SCOPE = '@stdlib/';

/**
 * What is loaded together stands in one file, as each takes a millisecond or two to find and open: the help, and what a
 * run loads as it begins, in parts that others do with. A module stands in the first of these that imports it.
 */
const HELP = ['src/cli/program.ts'];
const STORE = ['src/store/index.ts', 'src/store/sqlite.ts'];
const RUN = {
  planning: ['src/cli/planning.ts'],
  suites: ['src/cli/suite-check.ts'],
  store: STORE,
  listing: ['src/cli/listing.ts'],
  run: ['src/cli/running.ts', ...STORE],
};

/**
 * Writes the command line of the sources in `root` to `outdir`, which takes the place of `dist/cli`.
 * @returns the files, with the modules that each holds and the files that it imports
 */
export async function bundle(root, outdir) {
  const build = await rolldown({
    input: join(root, 'src/cli/main.ts'),
    cwd: root,
    platform: 'node',
    external: (path, importer) => !isInside(path, importer),
    plugins: [places(root), data],
    transform: {
      target: 'node20',
      // Of the undici that asks: Node's own `Headers` would load the one that is a part of Node as well.
      inject: { Headers: ['undici/lib/web/fetch/headers.js', 'Headers'] },
    },
    preserveEntrySignatures: 'allow-extension',
    // A module that is imported both ways is loaded with those that cannot wait.
    checks: { ineffectiveDynamicImport: false },
    logLevel: 'warn',
  });
  const { output } = await build.write({
    dir: outdir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Names of classes are read: the SDKs put theirs in a header, and errors are known by them.
    minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ debugName: 'together', name: together(root) }] },
  });
  await build.close();
  const files = output.filter(({ type }) => type === 'chunk');
  const modules = files.flatMap(({ moduleIds }) => moduleIds);
  writeFileSync(join(outdir, 'LICENSES.txt'), licenses(modules).join(`\n${'-'.repeat(80)}\n\n`));
  return files;
}

const isPackage = /[\\/]node_modules[\\/]/;

function isInside(path, importer) {
  if (isAbsolute(path) || /^[.\0]/.test(path)) return true;
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
  // What a package needs goes with it: from here, its name may lead to another version.
  return INSIDE.includes(name) || name.startsWith(SCOPE) || (isPackage.test(importer) && !path.startsWith('node:'));
}

/** The file that a module stands in, null for one of its own or of those who share it. */
function together(root) {
  let sets = null;
  return (module, graph) => {
    /** All modules that these import, themselves among them. */
    const loadedBy = (paths) => {
      const found = new Set(paths.map((path) => join(root, path)));
      // A set that grows is walked to its end.
      for (const id of found) graph.getModuleInfo(id)?.importedIds.forEach((imported) => found.add(imported));
      return found;
    };
    sets ??= {
      help: loadedBy(HELP),
      parts: Object.entries(RUN).map(([name, paths]) => ({ name, modules: loadedBy(paths) })),
    };
    const { help, parts } = sets;
    if (help.has(module)) return 'help';
    return parts.at(-1).modules.has(module) ? parts.find(({ modules }) => modules.has(module)).name : null;
  };
}

/** A module that asks where it lies is told where it would lie unbundled, so that files beside it are found. */
const places = (root) => ({
  name: 'places',
  transform: {
    filter: { id: /[\\/]src[\\/].*\.ts$/, code: 'import.meta.url' },
    handler(text, path) {
      const own = relative(join(root, 'src/cli'), path).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      return text.replaceAll('import.meta.url', `new URL(${JSON.stringify(own)}, import.meta.url).href`);
    },
  },
});

/** A list of half a megabyte is data: read as such, it is there in a fifth of the time that it takes as a program. */
const data = {
  name: 'data',
  transform: {
    filter: { id: /genai-prices/ },
    handler(text) {
      const initial = this.parse(text).body.flatMap(({ declarations = [] }) => declarations.map(({ init }) => init));
      const { start, end } = initial.find((init) => init?.type === 'ArrayExpression' && init.end - init.start > 1e5);
      const json = JSON.stringify(new Function(`return ${text.slice(start, end)}`)());
      // A text of bytes takes half the memory.
      const source = json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      this.emitFile({ type: 'asset', fileName: 'prices.json', source });
      const read = "JSON.parse(readData(new URL('prices.json', import.meta.url), 'latin1'))";
      return `import { readFileSync as readData } from 'node:fs';${text.slice(0, start)}${read}${text.slice(end)}`;
    },
  },
};

/** Each license once, under the packages that stand under it. */
function licenses(modules) {
  const folders = modules.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const under = new Map();
  for (const folder of [...new Set(folders)].sort()) {
    const text = licenseIn(folder);
    under.set(text, [...(under.get(text) ?? []), folder.replace(/^.*node_modules\//, '')]);
  }
  return [...under].map(([text, names]) => `${names.join(', ')}\n\n${text}`);
}

function licenseIn(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8');
  return `${JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).license}\n`;
}
