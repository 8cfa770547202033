# Built in one stage with compilers (better-sqlite3 is native), run in another without them.
FROM node:20-bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ make python3 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Scripts of development packages (a PostgreSQL, a browser driver) are not wanted here; the one native module is built by name.
RUN npm ci --ignore-scripts && npm rebuild better-sqlite3
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/bundle.mjs scripts/
COPY src src
RUN node scripts/build.mjs && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE demo.yaml ./
COPY prompts prompts
COPY suites suites
COPY schemas schemas
RUN ln -s /app/dist/cli/main.js /usr/local/bin/doubleblind && mkdir /data && chown node:node /data
USER node
WORKDIR /data
EXPOSE 4848
ENTRYPOINT ["doubleblind"]
CMD ["serve", "--host", "0.0.0.0"]
