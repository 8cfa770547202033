import type { ChildProcess } from 'node:child_process';
import { cli, type Ended } from '../cli.js';

/** A worker that is started again whenever it is killed, or leaves because the database is away. */
export class Restarted {
  child: ChildProcess | null = null;
  said = '';
  private leaving = false;
  private atWork = false;
  readonly ended: Promise<Ended>;

  constructor(args: string[], cwd: string) {
    this.ended = this.keep(args, cwd);
  }

  private async keep(args: string[], cwd: string): Promise<Ended> {
    for (;;) {
      const ended = await cli(['worker', ...args], { cwd, onStart: (child) => this.watch(child) });
      this.said += ended.stderr;
      // 2 where the database cannot be opened, 3 where it goes while the worker starts: a service manager begins anew.
      const away = (ended.end === 2 || ended.end === 3) && /database|postgres/.test(ended.stderr);
      if (ended.end === 'SIGKILL' || away) continue;
      if (!this.leaving) console.error(`a worker left with ${ended.end}: ${ended.stderr}`);
      return ended;
    }
  }

  private watch(child: ChildProcess): void {
    this.child = child;
    this.atWork = false;
    let said = '';
    child.stderr!.on('data', (text: string) => {
      said += text;
      if (this.atWork || !said.includes('takes blocks')) return;
      this.atWork = true;
      if (this.leaving) child.kill('SIGTERM');
    });
  }

  /** Asks the worker to leave, once it is at work: before, a signal ends it as it ends any process. */
  drain(): Promise<Ended> {
    this.leaving = true;
    if (this.atWork) this.child!.kill('SIGTERM');
    return this.ended;
  }
}
