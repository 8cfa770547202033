// The page: files that `npm run build` made, listed once at the start. Whatever else a browser asks for outside of /api
// is the page itself, which reads the address.
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { App } from './server.js';

/** Files under this folder carry a hash of their content in their names. */
const HASHED = 'assets/';

/** @param webRoot folder of the built page; null, or without index.html: the service answers without a page */
export async function pageRoutes(app: App, { webRoot }: { webRoot: string | null }): Promise<void> {
  const files = webRoot === null ? new Set<string>() : filesBelow(webRoot);
  if (webRoot !== null && files.has('index.html')) await app.register(fastifyStatic, { root: webRoot, serve: false });

  app.get('/*', { config: { open: true }, schema: { hide: true } as object }, (request, reply) => {
    const path = (request.params as { '*': string })['*'];
    // Only a path that is in the list reaches the file system.
    if (files.has(path) && path !== 'index.html') {
      return reply.sendFile(path, { maxAge: path.startsWith(HASHED) ? '365d' : 0, immutable: path.startsWith(HASHED) });
    }
    if (!files.has('index.html') || /^(?:api|docs|assets)(?:\/|$)/.test(path)) {
      return reply.callNotFound();
    }
    return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  });
}

function filesBelow(root: string): Set<string> {
  if (!existsSync(root)) return new Set();
  return new Set(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
  );
}
