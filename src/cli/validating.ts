// The work of `validate`.
import { checkBudget } from '../budget.js';
import { readRunFile } from '../config.js';
import { contentOf } from '../content.js';
import { compareWithServers, warnOfFolders } from '../identity.js';
import { openModels } from '../models/index.js';
import { planOf } from '../plan.js';
import { type Contact, preflight } from '../preflight.js';
import type { Planned, Role } from '../records.js';
import { checkRecorded, sampled } from '../responses.js';
import { loadEnv, print, say } from './action.js';
import { withDigestCache } from './digest-cache.js';
import { next } from './next.js';
import { counted } from '../figures.js';
import { plain } from './terminal.js';
import type { ValidateFlags } from './validate.js';

interface Validated {
  candidate: string;
  suites: { name: string; domain: string; prompts: number }[];
  templates: string[];
  contacts: Contact[];
  planned: Planned;
  warnings: { code: string; message: string }[];
}

/** No database is opened here: what went by a name before is said by the run. */
const store = { seenCheckpoints: () => Promise.resolve([]) };

export async function validate(file: string, flags: ValidateFlags): Promise<void> {
  loadEnv();
  const configs = await readRunFile(file);
  const documents: Validated[] = [];
  for (const config of configs) {
    const warnings: Validated['warnings'] = [];
    const onWarning = (warning: Validated['warnings'][number]): void => {
      warnings.push(warning);
      say(`warning: ${plain(warning.message)}`);
    };
    config.warnings.forEach(onWarning);
    const { recorded, identities } = await withDigestCache((cache) => contentOf(config, undefined, {}, cache));
    checkRecorded(recorded, config, flags.allowMissing === true, onWarning);
    const names = { baseline: config.baseline.name, candidate: config.candidate.name };
    await warnOfFolders(identities, names, new Date().toISOString(), { store, onWarning });
    const models = openModels({ env: process.env, prices: config.prices, concurrency: config.concurrency });
    try {
      if (config.budget_usd !== null) await checkBudget(config, models);
      const contacts: Contact[] = flags.offline === true ? [] : await preflight(config, models, { onWarning });
      if (flags.offline !== true) {
        const get = (role: Role) => (url: string, body?: Record<string, unknown>) =>
          models.look(sampled(config[role], config.sampling), url, body);
        await compareWithServers(config, identities, flags.allowIdentityMismatch === true, { store, get, onWarning });
      }
      const suites = config.suites.map(({ name, domain, prompts }) => ({ name, domain, prompts: prompts.length }));
      const { size } = planOf(config);
      documents.push({
        candidate: config.candidate.name,
        suites,
        templates: Object.keys(config.templates),
        contacts,
        planned: size,
        warnings,
      });
    } finally {
      await models.close();
    }
  }
  print(flags, documents.length === 1 ? documents[0] : { items: documents, next_cursor: null }, () =>
    documents
      .flatMap(({ candidate, suites, templates, contacts, planned }) => [
        `${file} is sound: ${plain(candidate)}, ${counted(planned.prompts, 'prompt')}, ${counted(planned.judgments, 'judgment')}`,
        ...suites.map((s) => `  suite     ${s.name} (${s.domain}, ${counted(s.prompts, 'prompt')})`),
        ...templates.map((t) => `  template  ${t}`),
        ...contacts.map(lineOf),
        `next  npx ${next(['run', file, '--dry-run'], flags)}`,
      ])
      .join('\n'),
  );
}

function lineOf({ who, provider, model, address, served_models, key_variable }: Contact): string {
  const name = `  ${who.padEnd(10)}`;
  if (address === null) return `${name}${provider}${model === null ? '' : `:${model}`}`;
  const served = served_models === null ? 'the server lists no models' : 'served';
  return plain(`${name}${address}  ${model ?? ''} (${served})  key: ${key_variable ?? 'none needed'}`);
}
