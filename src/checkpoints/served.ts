// Does the server serve the weights in this folder? What vLLM (`/v1/models`: root and parent), Ollama (`/api/tags`,
// `/api/show`) and llama.cpp (`/props`) say about themselves, set beside the folder's identity.
import { type Fields, isFields, text } from './findings.js';
import { type CheckpointIdentity, lastPart, stepInName } from './identity.js';

/** The JSON of a GET, or of a POST where a body is given; rejects on any other answer. The network is handed in. */
export type GetJson = (url: string, body?: Record<string, unknown>) => Promise<unknown>;

export interface Served {
  server: 'vllm' | 'ollama' | 'llama.cpp' | 'other';
  /** The model's name as asked for. */
  model: string;
  /** False where the server lists its models and this one is not among them; null where it lists none. */
  listed: boolean | null;
  /** Folder, file or hub name that the weights were loaded from. */
  root: string | null;
  /** The base model under an adapter. */
  parent: string | null;
  /** What the server calls its digest; Ollama's is of a manifest, not of a file. */
  digest: string | null;
  /** SHA-256 of weight files that the server names. */
  files: string[];
}

export interface ServedComparison {
  status: 'verified' | 'mismatch' | 'unverified';
  /** One sentence for people. */
  why: string;
}

/** What the server at `base_url` says about a model. Never rejects: a server that tells nothing is known by its nulls. */
export async function askServed(base_url: string, model: string, get: GetJson): Promise<Served> {
  const api = base_url.replace(/\/+$/, '');
  const home = api.replace(/\/v\d+$/, '');
  const ask = async (url: string, body?: Record<string, unknown>): Promise<Fields> => {
    try {
      const answer = await (body === undefined ? get(url) : get(url, body));
      return isFields(answer) ? answer : {};
    } catch {
      return {};
    }
  };
  const models = rows((await ask(`${api}/models`))['data']);
  const entry = models.find(({ id }) => id === model || id === `${model}:latest`);
  const owner = text((entry ?? models[0])?.['owned_by']) ?? '';
  const served: Served = {
    server: owner === 'vllm' ? 'vllm' : 'other',
    model,
    listed: models.length === 0 ? null : entry !== undefined,
    root: text(entry?.['root']),
    parent: text(entry?.['parent']),
    digest: null,
    files: [],
  };
  // A server that fills `root` with the model's own name has nothing to tell; vLLM does so for a path or a hub name.
  if (served.root === model && !/[/\\]/.test(model)) served.root = null;
  if (served.root !== null) return served;
  const tags = rows((await ask(`${home}/api/tags`))['models']);
  const tag = tags.find(({ name }) => name === model || name === `${model}:latest`);
  if (tag !== undefined) {
    const modelfile = text((await ask(`${home}/api/show`, { model }))['modelfile']) ?? '';
    const files = [...modelfile.matchAll(/^(?:FROM|ADAPTER)\s.*sha256[-:]([\da-f]{64})\s*$/gim)].map(
      (found) => found[1]!,
    );
    return { ...served, server: 'ollama', listed: true, digest: hex(text(tag['digest'])), files };
  }
  const path = text((await ask(`${home}/props`))['model_path']);
  return path === null ? served : { ...served, server: 'llama.cpp', root: path };
}

/**
 * `mismatch` when the final folder names or the steps differ, or digests of the same kind do; `verified` when a digest
 * or the whole path is the same; `unverified` when the path stands under another prefix, or the server tells nothing.
 */
export function compareServed(served: Served, folder: CheckpointIdentity): ServedComparison {
  if (served.listed === false) return { status: 'mismatch', why: `the server does not serve "${served.model}"` };
  return compareDigests(served, folder) ?? comparePaths(served, folder) ?? nothing(served);
}

const nothing = ({ model }: Served): ServedComparison => ({
  status: 'unverified',
  why: `the server does not say which weights it serves as "${model}"`,
});

function compareDigests(served: Served, folder: CheckpointIdentity): ServedComparison | null {
  const own = (folder.weights?.files ?? []).filter(({ sha256 }) => sha256 !== null);
  const ofFolder = [folder.digest, ...own.map(({ sha256 }) => sha256)];
  const told = [...served.files, ...(served.digest === null ? [] : [served.digest])];
  if (told.length === 0) return null;
  const same = told.find((digest) => ofFolder.includes(digest));
  if (same !== undefined)
    return { status: 'verified', why: `the server serves the digest ${same.slice(0, 12)} of this folder` };
  // A server that takes other formats in converts them, and a manifest's digest is no file's: only GGUF can be compared.
  const ggufs = own.filter(({ file }) => file.endsWith('.gguf'));
  if (ggufs.length === 0)
    return {
      status: 'unverified',
      why: `the server's digest ${told[0]!.slice(0, 12)} is not of a file as this folder holds them`,
    };
  const [first] = ggufs;
  const why = `the server serves the digest ${told[0]!.slice(0, 12)}, ${first!.file} has ${first!.sha256!.slice(0, 12)}`;
  return { status: 'mismatch', why };
}

function comparePaths(served: Served, folder: CheckpointIdentity): ServedComparison | null {
  if (served.root === null) return null;
  const root = served.root;
  const isGguf = /\.gguf$/i.test(root);
  const files = (folder.weights?.files ?? []).map(({ file }) => lastPart(file));
  const inside = isGguf && files.includes(lastPart(root));
  // A file is compared by the folder it lies in.
  const place = inside ? root.replace(/[/\\][^/\\]+$/, '') : root;
  const [servedStep, folderStep] = [stepInName(root), folder.step ?? stepInName(folder.path)];
  if (servedStep !== null && folderStep !== null && servedStep !== folderStep)
    return {
      status: 'mismatch',
      why: `the server serves step ${servedStep} (${root}), the folder is of step ${folderStep}`,
    };
  if (isGguf && !inside && !files.some((file) => file.endsWith('.gguf')))
    return { status: 'unverified', why: `the server serves ${root}, a file that this folder does not hold` };
  if (trimmed(place) === trimmed(folder.path)) return { status: 'verified', why: `the server serves ${root}` };
  const given = lastPart(folder.given_path);
  if (lastPart(place) !== lastPart(folder.path)) {
    // What the link pointed to when the server started is not known: this is how a stale link goes unnoticed.
    if (folder.link_target !== null && lastPart(place) === given)
      return {
        status: 'unverified',
        why: `the server was given the link ${root}, which may have pointed elsewhere when it started`,
      };
    return {
      status: 'mismatch',
      why: `the server serves ${root}, the folder is ${lastPart(folder.path)} (${folder.path})`,
    };
  }
  return {
    status: 'unverified',
    why: `the server serves ${root}, another path than ${folder.path} with the same name`,
  };
}

const trimmed = (path: string): string => path.replace(/(?<=.)[/\\]+$/, '');

const hex = (digest: string | null): string | null => digest?.replace(/^sha256[-:]/, '') ?? null;

const rows = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
