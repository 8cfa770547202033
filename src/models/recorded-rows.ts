// The rows of an answer file, whatever its layout: our own `responses.jsonl`, plain JSONL and CSV with the usual column
// names, AlpacaEval `model_outputs`, Arena-Hard answers (`uid`/`messages`, and `choices` as before 2025) and MT-bench
// answers (`choices`). `.gz` files too.
import * as z from 'zod';
import { readCsv } from '../csv.js';
import { DoubleblindError } from '../errors.js';
import { storable } from '../hash.js';
import { type JsonlLine, parseJsonLine, readJsonlBlocks, readText } from '../jsonl.js';
import { STOP_REASONS, type StopReason } from '../records.js';
import { checked, onLine, type ParsedYaml, within } from '../yaml.js';

export interface RecordedRow {
  id: string | null;
  prompt: string | null;
  /** The prompt is stated as our suites write it, so that one found by id must have the same text. */
  states_prompt: boolean;
  suite: string | null;
  checkpoint: string | null;
  /** Null where the file numbers nothing. */
  repeat: number | null;
  text: string;
  stop_reason: StopReason | null;
  model: string | null;
  /** 1-based line, or element of a JSON array. */
  line: number;
  /** The line of the file that says this and nothing else, from which it can be read again. */
  stands: Standing | null;
}

type Standing = Pick<JsonlLine, 'at' | 'size' | 'text'>;

type Fields = Record<string, unknown>;
type RowDocument = ParsedYaml & { line: number };

interface Spot {
  file: string;
  document: RowDocument;
  stands: Standing | null;
}

/** The rows of a file in order, those together that were read together; rows without an answer (`null`) are left out. */
export async function* readRows(file: string): AsyncGenerator<Iterable<RecordedRow>> {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (/\.[ct]sv$/.test(name)) yield recordedIn(file, ofCsv(await readText(file), file));
  else if (name.endsWith('.json')) yield recordedIn(file, ofJson(await readText(file), file));
  else for await (const rows of readJsonlBlocks(file)) yield recordedOn(file, rows);
}

function* recordedIn(file: string, documents: Iterable<RowDocument>): Generator<RecordedRow> {
  for (const document of documents) yield* rowsOf({ file, document, stands: null });
}

function* recordedOn(file: string, rows: Iterable<JsonlLine>): Generator<RecordedRow> {
  const packed = file.endsWith('.gz');
  for (const row of rows) {
    const document = onLine(row.value, row.line, row.text);
    yield* rowsOf({ file, document, stands: packed ? null : row });
  }
}

function* ofCsv(text: string, file: string): Generator<RowDocument> {
  for (const { document } of readCsv(text, file)) yield { ...document, line: document.at([]).line };
}

function* ofJson(text: string, file: string): Generator<RowDocument> {
  const value = parseJsonLine(text, file);
  const whole = onLine(value, 1, text);
  if (!Array.isArray(value)) return yield whole;
  for (const i of value.keys()) yield { ...within(whole, [i]), line: i + 1 };
}

/** The row that stands alone on a line of a JSON Lines file. */
export function rowOf(text: string, line: number, file: string): RecordedRow | undefined {
  return recordedIn(file, [onLine(parseJsonLine(text, file, line), line, text)]).next().value as
    RecordedRow | undefined;
}

const RESPONSE_NAMES = ['response', 'output', 'answer', 'completion'] as const;

function rowsOf(place: Spot): RecordedRow[] {
  const fields = fieldsOf(place);
  if (Array.isArray(fields['choices'])) return fromChoices(fields, place);
  if (Array.isArray(fields['messages']) && fields['uid'] !== undefined) return fromMessages(fields, place);
  const name = RESPONSE_NAMES.find((one) => one in fields);
  if (name === undefined) throw fault(`no ${RESPONSE_NAMES.join(', ')} in this row.`, place);
  const prompt = textIn(fields, 'prompt') ?? textIn(fields, 'instruction') ?? textIn(fields, 'question');
  const id = textIn(fields, 'prompt_id') ?? textIn(fields, 'id');
  if (id === null && prompt === null) throw fault('no prompt_id and no prompt in this row.', place);
  const text = fields[name];
  if (text === null || text === undefined || fields['state'] === 'failed') return [];
  if (typeof text !== 'string') throw fault(`\`${name}\` must be a text.`, place, [name]);
  const row = {
    // In our own files `id` is the response's.
    id: textIn(fields, 'schema') === null ? id : textIn(fields, 'prompt_id'),
    prompt: prompt === null ? null : storable(prompt),
    states_prompt: textIn(fields, 'prompt') !== null,
    suite: textIn(fields, 'suite'),
    checkpoint: textIn(fields, 'checkpoint') ?? textIn(fields, 'generator'),
    repeat: repeatIn(fields, place),
    text: storable(text),
    stop_reason: stopIn(fields),
    model: textIn(fields, 'model') ?? textIn(fields, 'generator'),
    line: place.document.line,
    stands: place.stands,
  };
  return [row];
}

function fieldsOf({ file, document }: Spot): Fields {
  const { value } = document;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  const array = Array.isArray(value) && !/\.json(\.gz)?$/i.test(file);
  const hint = array ? 'A file that is one JSON array must be named .json.' : undefined;
  throw new DoubleblindError('INVALID_VALUE', 'a row must be an object.', { file, ...document.at([]), hint });
}

function fault(message: string, { file, document }: Spot, path: string[] = []): DoubleblindError {
  return new DoubleblindError('INVALID_VALUE', message, { file, ...document.at(path) });
}

const turnSchema = z.union([
  z.string(),
  z.looseObject({ content: z.string().nullable() }).transform(({ content }) => content),
]);
const choicesSchema = z.looseObject({
  choices: z.array(
    z.looseObject({
      turns: z.array(turnSchema),
    }),
  ),
});

/**
 * MT-bench and early Arena-Hard: every choice is a repeat, its turns stand one after the other. A row that comes again was
 * asked for again, as their generators append to what is there.
 */
function fromChoices(fields: Fields, { file, document }: Spot): RecordedRow[] {
  const id = textIn(fields, 'question_id') ?? textIn(fields, 'uid');
  return checked(choicesSchema, document, file).choices.flatMap(({ turns }, repeat) => {
    if (turns.includes(null)) return [];
    return [{ ...foreign(id, null, textIn(fields, 'model_id'), turns.join('\n\n'), document.line), repeat }];
  });
}

const messagesSchema = z.looseObject({
  messages: z.array(z.looseObject({ role: z.unknown(), content: z.unknown() })),
});

/** Arena-Hard: the last message holds the answer, beside it perhaps a thought, which is not part of it. */
function fromMessages(fields: Fields, { file, document }: Spot): RecordedRow[] {
  const { messages } = checked(messagesSchema, document, file);
  const content = messages.at(-1)?.content;
  const text = typeof content === 'string' ? content : (content as { answer?: unknown } | null | undefined)?.answer;
  const asked = messages.find(({ role }) => role === 'user')?.content;
  if (typeof text !== 'string') return [];
  const prompt = typeof asked === 'string' ? asked : null;
  return [foreign(textIn(fields, 'uid'), prompt, textIn(fields, 'model'), text, document.line)];
}

function foreign(
  id: string | null,
  prompt: string | null,
  model: string | null,
  text: string,
  line: number,
): RecordedRow {
  return {
    ...{ id, prompt: prompt === null ? null : storable(prompt), states_prompt: false, suite: null, checkpoint: model },
    ...{ repeat: null, text: storable(text), stop_reason: null, model, line, stands: null },
  };
}

/** A text or number under a name; null where there is none or an empty one. */
function textIn(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function repeatIn(fields: Fields, place: Spot): number | null {
  const said = textIn(fields, 'repeat');
  if (said === null) return null;
  const repeat = Number(said);
  if (Number.isSafeInteger(repeat) && repeat >= 0 && repeat < 100_000) return repeat;
  throw fault(`\`repeat\` must be a whole number from 0, not ${said}.`, place, ['repeat']);
}

const OTHER_NAMES: Record<string, StopReason> = {
  stop: 'end',
  end_turn: 'end',
  eos: 'end',
  max_tokens: 'length',
  content_filter: 'refusal',
};

function stopIn(fields: Fields): StopReason | null {
  const said = textIn(fields, 'stop_reason') ?? textIn(fields, 'finish_reason');
  if (said === null) return null;
  return STOP_REASONS.find((one) => one === said) ?? OTHER_NAMES[said] ?? 'other';
}
