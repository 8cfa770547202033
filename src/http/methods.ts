// Requests that no route answers: a path that exists is told which methods it takes, any other that there is nothing.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestRefused } from './problem.js';
import type { App } from './server.js';

/**
 * Refuses what no route answers, with 404, or 405 and `Allow`. To be called before the first route; what it returns is
 * called after the hooks that ask who asks, so that nobody else is told.
 */
export function refuseUnknown(app: App): () => void {
  const routes = new Map<string, { path: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    // The page stands at every path there is, and says itself what it does not know.
    if (url.includes('*')) return;
    const known = routes.get(url) ?? { path: new RegExp(`^${url.replace(/:\w+/g, '[^/]*')}$`), methods: new Set() };
    for (const one of [method].flat()) known.methods.add(one);
    routes.set(url, known);
  });

  const refuse = (request: FastifyRequest, reply: FastifyReply): never => {
    const { method } = request;
    const path = request.url.split('?')[0]!;
    const methods = [...routes.values()].flatMap((route) => (route.path.test(path) ? [...route.methods] : []));
    // A path that takes the method has a parameter longer than any there is.
    if (methods.length === 0 || methods.includes(method))
      throw new RequestRefused('NOT_FOUND', `there is nothing at ${method} ${path}.`);
    const allow = [...new Set(methods)].sort().join(', ');
    void reply.header('allow', allow);
    throw new RequestRefused('METHOD_NOT_ALLOWED', `${path} takes ${allow}, not ${method}.`);
  };
  app.setNotFoundHandler(refuse);
  // Before a body is read: its type is not what is wrong.
  return () =>
    app.addHook('onRequest', (request, reply, done) => {
      if (request.is404) refuse(request, reply);
      done();
    });
}
