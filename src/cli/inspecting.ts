// The work of `checkpoints inspect`.
import { type CheckpointIdentity, inspect } from '../checkpoints/index.js';
import { type CommonOptions, print } from './action.js';
import { withDigestCache } from './digest-cache.js';
import { whole } from '../figures.js';
import { paint, plain } from './terminal.js';

/** Inspects every folder; what cannot be read is a finding, and a name that nothing has is an error. Exit code 0. */
export async function inspectFolders(folders: string[], flags: CommonOptions): Promise<number> {
  const identities = await withDigestCache(async (cache) => {
    const found: CheckpointIdentity[] = [];
    for (const folder of folders) found.push(await inspect(folder, cache));
    return found;
  });
  print(flags, identities.length === 1 ? identities[0] : { items: identities, next_cursor: null }, () =>
    identities.map((identity) => lines(identity).join('\n')).join('\n\n'),
  );
  return 0;
}

function lines(identity: CheckpointIdentity): string[] {
  const { path, link_target, digest, base_model, step, epoch, lora, state, losses, weights } = identity;
  const last = losses.at(-1);
  const row = (name: string, value: string | null): string[] =>
    value === null ? [] : [`  ${name.padEnd(12)}${plain(value)}`];
  return [
    paint.bold(plain(path)),
    ...row('link to', link_target),
    ...row('digest', digest ?? 'unknown'),
    ...row('covers', identity.digest_of.join(', ') || null),
    ...row('base model', base_model),
    ...row('lora', lora && `rank ${lora.rank ?? '?'}, alpha ${lora.alpha ?? '?'}, on ${lora.targets.join(', ')}`),
    ...row(
      'step',
      step === null ? null : `${whole(step)}${identity.max_steps === null ? '' : ` of ${whole(identity.max_steps)}`}`,
    ),
    ...row(
      'epoch',
      epoch === null
        ? null
        : `${epoch.toFixed(2)}${identity.num_train_epochs === null ? '' : ` of ${identity.num_train_epochs}`}`,
    ),
    ...row('training', state),
    ...row(
      'weights',
      weights &&
        `${weights.files.length} files, ${whole(weights.bytes)} bytes${weights.parameters === null ? '' : `, ${whole(weights.parameters)} parameters`}`,
    ),
    ...row('optimizer', identity.optimizer_state ? 'present: training can go on' : 'absent'),
    ...row(
      'losses',
      last === undefined
        ? null
        : `${losses.length} points, last at step ${whole(last.step)}: ${lossOf(last.loss)} training, ${lossOf(lastKnown(losses))} validation`,
    ),
    ...identity.findings.map(({ severity, message }) =>
      severity === 'note' ? `  ${paint.dim('·')} ${plain(message)}` : `  ${paint.yellow('!')} ${plain(message)}`,
    ),
  ];
}

const lossOf = (loss: number | null): string => (loss === null ? '–' : loss.toFixed(4));

const lastKnown = (losses: CheckpointIdentity['losses']): number | null =>
  losses.findLast(({ eval_loss }) => eval_loss !== null)?.eval_loss ?? null;
