// What the service says of itself: OpenAPI 3.1 made from the schemas of the routes, readable at /docs.
import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from './server.js';

/** Routes whose body is a file, which no schema of JSON describes. */
const FILE_BODIES: Record<string, string> = {
  '/api/audit': 'application/octet-stream',
  '/api/imports': 'application/x-ndjson',
};

/** To be called before the first route. */
export async function describe(app: App, { version, token }: { version: string; token: boolean }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'doubleblind',
        version,
        description: 'Is this checkpoint better than its baseline, where, by how much, and can the judge be trusted?',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: token ? [{ token: [] }] : [],
    },
    transform: jsonSchemaTransform,
    transformObject: completed,
  });
}

/** To be called after the hooks that ask for a token: what is registered before them would answer without one. */
export async function descriptionRoutes(app: App): Promise<void> {
  await app.register(swaggerUi, { routePrefix: '/docs' });
  app.get('/openapi.json', { schema: { hide: true } as object }, () => app.swagger());
}

type Described = {
  paths: Record<string, Record<string, object>>;
  components: { schemas: Record<string, unknown> };
};

/** The description with the bodies that are files, and without the second form of each schema that nothing names. */
const completed: SwaggerTransformObject = (document) => {
  const described = jsonSchemaTransformObject(document) as unknown as Described;
  for (const [path, type] of Object.entries(FILE_BODIES)) {
    const operation = described.paths[path]?.['post'];
    const content = { [type]: { schema: { type: 'string', contentMediaType: type } } };
    if (operation !== undefined) Object.assign(operation, { requestBody: { required: true, content } });
  }
  const { schemas } = described.components;
  for (let unused = [''], more = true; more; more = unused.length > 0) {
    const text = JSON.stringify(described);
    unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    for (const name of unused) Reflect.deleteProperty(schemas, name);
  }
  return described as never;
};
