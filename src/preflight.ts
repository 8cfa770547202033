// Is everybody there who will be asked? Keys, addresses and served models, before anything is spent.
import type { RunConfig } from './config.js';
import { namedAt } from './errors.js';
import type { Models } from './models/index.js';
import { ROLES, type Role } from './records.js';
import { sampled } from './responses.js';

export interface Contact {
  /** `baseline`, `candidate` or the judge's name. */
  who: string;
  provider: string;
  model: string | null;
  /** Null where nobody is asked: recorded responses, rules. */
  address: string | null;
  served_models: string[] | null;
  key_variable: string | null;
}

interface PreflightOptions {
  /** Checkpoints that are asked. */
  roles?: readonly Role[] | undefined;
  /** Whether judges are asked; not where responses are generated. */
  judges?: boolean;
  /** Told once of each address that may not be what it is taken for. */
  onWarning?: ((warning: { code: string; message: string }) => void) | undefined;
}

/**
 * Whom a run will ask, each found at its address; spends nothing.
 * @throws KEY_MISSING, KEY_REFUSED, ENDPOINT_UNREACHABLE, MODEL_NOT_SERVED, naming who it is and where the run file says so
 */
export async function preflight(
  config: RunConfig,
  models: Models,
  { roles = ROLES, judges = true, onWarning }: PreflightOptions = {},
): Promise<Contact[]> {
  const asked = [
    ...roles.map((role) => ({
      who: role as string,
      named: `the ${role} "${config[role].name}"`,
      place: config.places?.[role],
      spec: sampled(config[role], config.sampling),
    })),
    ...(judges
      ? config.judges.map(({ name, template: _t, share: _s, ...spec }) => ({
          who: name,
          named: `the judge "${name}"`,
          place: config.places?.judges[name],
          spec,
        }))
      : []),
  ];
  const doubts = new Set<string>();
  const contacts = await Promise.all(
    asked.map(async ({ who, named, place, spec }) => {
      const { provider, model = null } = spec;
      const silent = { who, provider, model, address: null, served_models: null, key_variable: null };
      if (provider !== 'openai' && provider !== 'anthropic') return silent;
      try {
        const { doubt, ...reached } = await models.reach(spec);
        if (doubt !== null) doubts.add(doubt);
        return { ...silent, ...reached };
      } catch (error) {
        throw namedAt(error, place, named);
      }
    }),
  );
  for (const message of doubts) onWarning?.({ code: 'ADDRESS_DOUBTFUL', message });
  return contacts;
}
