// `serve`: the HTTP API and the page.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommonOptions, usingStore, withDatabase } from './action.js';
import { count } from './run.js';

export interface ServeFlags extends CommonOptions {
  host: string;
  port: number;
  allowedHost: string[];
  endpoints?: string;
  exports: string;
  unsafeNoAuth?: boolean;
  distributed?: boolean;
  lease: number;
  logLevel: string;
}

export function register(program: Command): void {
  withDatabase(program.command('serve'))
    .description('HTTP API and web page')
    .option('--host <address>', 'address to listen on; any but this machine needs $DOUBLEBLIND_TOKEN', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', port, 4848)
    .option('--allowed-host <name>', 'further name the service is reached by; repeatable', another, [])
    .option('--endpoints <file>', 'addresses, with the variable of their key, that posted run files may name')
    .option('--exports <dir>', 'where posted runs write their files', 'exports')
    .option('--distributed', 'hand posted runs to `doubleblind worker` processes (PostgreSQL)')
    .option('--lease <seconds>', 'a worker that is silent for this long loses its work to others', count, 30)
    .option('--unsafe-no-auth', 'answer other machines without a token')
    .addOption(
      new Option('--log-level <level>', 'what is logged on stderr')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('./serving.js');
      await usingStore(flags, (store) => serve(store, flags));
    });
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return value;
}

function another(name: string, names: string[]): string[] {
  return [...names, name];
}
