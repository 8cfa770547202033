// Every store there is, for contract tests: SQLite in memory and on disk, a real PostgreSQL (the suite's, or POSTGRES_URL).
// Tests that open their database here run on both engines: vitest.config.ts lists those that run a second time.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { openStore, type Store } from '../src/store/index.js';
import { type Found, PostgresServer } from './postgres.js';

/** A fresh, empty database of an engine. */
export interface Engine {
  name: string;
  /** Why it cannot be tried here; null when it can. */
  missing: string | null;
  start(): Promise<void>;
  /** The URL of a new database. */
  fresh(): Promise<string>;
  stop(): Promise<void>;
}

const nothing = () => Promise.resolve();

function sqliteInMemory(): Engine {
  return {
    name: 'SQLite in memory',
    missing: null,
    start: nothing,
    fresh: () => Promise.resolve('sqlite::memory:'),
    stop: nothing,
  };
}

function sqliteOnDisk(): Engine {
  let folder = '';
  let n = 0;
  return {
    name: 'SQLite on disk',
    missing: null,
    start: async () => void (folder = await mkdtemp(join(tmpdir(), 'doubleblind-store-'))),
    fresh: () => Promise.resolve(`sqlite:${join(folder, `${n++}.db`)}`),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** New databases of the server that POSTGRES_URL names, else of the suite's, else (`own`) of one for these tests alone. */
export class Postgres implements Engine {
  readonly name = 'PostgreSQL';
  missing: string | null = null;
  private server: PostgresServer | null = null;
  private base = '';
  private made: string[] = [];

  constructor(private readonly which: { own: boolean } = { own: process.env['VITEST'] === undefined }) {}

  async start(): Promise<void> {
    if (this.base !== '') return;
    const found = await this.find();
    this.base = found.base;
    this.missing = found.missing;
  }

  private async find(): Promise<Found> {
    const given = process.env['POSTGRES_URL'];
    if (given !== undefined) return { base: given.replace(/\/[^/?]*(\?.*)?$/, ''), missing: null };
    if (!this.which.own) return (await (await fetch(inject('postgres'))).json()) as Found;
    this.server = new PostgresServer();
    return this.server.start();
  }

  async fresh(): Promise<string> {
    const name = `doubleblind_test_${randomBytes(6).toString('hex')}`;
    await this.tell(`create database ${name}`);
    this.made.push(name);
    return `${this.base}/${name}`;
  }

  /** Restarts a server of its own; another cannot be. */
  get restart(): (() => Promise<void>) | null {
    const { server } = this;
    return server === null ? null : () => server.restart();
  }

  async stop(): Promise<void> {
    if (this.server !== null) return this.server.stop();
    for (const name of this.made.splice(0)) await this.tell(`drop database if exists ${name} with (force)`);
  }

  private async tell(command: string): Promise<void> {
    const client = new pg.Client({ connectionString: `${this.base}/postgres` });
    await client.connect();
    try {
      await client.query(command);
    } finally {
      await client.end();
    }
  }
}

const again = process.env['DOUBLEBLIND_TESTED_ENGINE'] === 'postgres' ? new Postgres() : null;
const databases = new Map<string, Promise<string>>();

/** A new database on the engine that this project of vitest.config.ts tests: in memory where that can be. */
export async function freshDatabase(): Promise<string> {
  await again?.start();
  return again === null || again.missing !== null ? 'sqlite::memory:' : again.fresh();
}

/** The database of a folder on that engine, made when it is first asked for. */
export function databaseIn(folder: string): Promise<string> {
  let url = databases.get(folder);
  if (url === undefined) {
    const file = `sqlite:${join(folder, 'runs.db')}`;
    url = freshDatabase().then((fresh) => (fresh === 'sqlite::memory:' ? file : fresh));
    databases.set(folder, url);
  }
  return url;
}

/** For the setup of tests that run on PostgreSQL again: why they cannot, and the end of their databases. */
export async function onPostgres(): Promise<{ missing: string | null; stop(): Promise<void> }> {
  await again!.start();
  return { missing: again!.missing, stop: () => again!.stop() };
}

/** Runs the same claims against every engine; one that cannot be had says so in a line and is passed over. */
export function everyStore(name: string, claims: (open: () => Promise<Store>, engine: Engine) => void): void {
  for (const engine of [sqliteInMemory(), sqliteOnDisk(), new Postgres()]) {
    describe(`${name} on ${engine.name}`, () => {
      const opened: Store[] = [];
      beforeAll(() => engine.start());
      afterAll(async () => {
        await Promise.all(opened.map((store) => store.close()));
        await engine.stop();
      });
      claims(async () => {
        const store = await openStore(await engine.fresh());
        opened.push(store);
        return store;
      }, engine);
    });
  }
}
