// `migrate` and `copy`: databases themselves.
import type { Command } from 'commander';
import { DoubleblindError } from '../errors.js';
import { type CommonOptions, common, databaseOf, print, say, withDatabase } from './action.js';

export function register(program: Command): void {
  withDatabase(program.command('migrate'))
    .description('bring a database to the newest shape; every command that opens one does so too')
    .option('--dry-run', 'only say which steps are due')
    .action(async (flags: CommonOptions & { dryRun?: boolean }) => {
      const { migrateDatabase } = await import('../store/index.js');
      const url = databaseOf(flags);
      const dryRun = flags.dryRun === true;
      const { name, steps } = await migrateDatabase(url, dryRun);
      print(flags, { database: name, dry_run: dryRun, steps }, () =>
        steps.length === 0 ? `${name} is up to date` : `${name}: ${dryRun ? 'due' : 'done'} ${steps.join(', ')}`,
      );
    });

  common(program.command('copy <from> <to>'))
    .description('copy a database into another, rows counted and hashed; again brings what was added since')
    .action(async (from: string, to: string, flags: CommonOptions) => {
      if (from === to) throw new DoubleblindError('USAGE', 'a database cannot be copied onto itself.');
      const [{ openStore }, { copyDatabase }, { table }] = await Promise.all([
        import('../store/index.js'),
        import('../copy.js'),
        import('./table.js'),
      ]);
      const source = await openStore(from, { existing: true });
      try {
        const target = await openStore(to);
        try {
          const copied = await copyDatabase(source, target, { onRun: (id, n) => say(`run ${n}: ${id}`) });
          print(flags, { from: source.name, to: target.name, ...copied }, () =>
            [
              ...table(
                [{ title: 'table' }, { title: 'rows', right: true }],
                Object.entries(copied.rows).map(([name, n]) => [name, String(n)]),
              ),
              `the same on both sides, SHA-256 ${copied.sha256}`,
            ].join('\n'),
          );
        } finally {
          await target.close();
        }
      } finally {
        await source.close();
      }
    });
}
