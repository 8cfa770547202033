// What does a safetensors file hold? Its header is read and checked against the file's length, the tensors are not.
// Format: 8 bytes little-endian header length, JSON header, tensor data (github.com/huggingface/safetensors).
import { open } from 'node:fs/promises';
import { isFields } from './findings.js';

export interface SafetensorsHeader {
  tensors: number;
  parameters: number;
  /** Data type as the file names it (`BF16`, `F32`, …) → parameters of that type. */
  dtypes: Record<string, number>;
  metadata: Record<string, unknown>;
}

/** Longest header that the format allows, in bytes. */
const HEADER_LIMIT = 100_000_000;

/** The header, or the problem in words: empty, cut short, not this format. @throws what `node:fs` throws */
export async function readSafetensors(path: string): Promise<SafetensorsHeader | { problem: string }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size === 0) return { problem: 'is empty (0 bytes)' };
    const prefix = Buffer.alloc(8);
    if (size < 8 || (await file.read(prefix, 0, 8, 0)).bytesRead < 8)
      return { problem: `is too short for a header (${size} bytes)` };
    const length = prefix.readBigUInt64LE();
    if (length > HEADER_LIMIT) return { problem: 'does not start with a safetensors header' };
    if (8 + Number(length) > size)
      return { problem: `is cut short: its header alone takes ${8n + length} bytes of ${size}` };
    const header = Buffer.alloc(Number(length));
    await file.read(header, 0, header.length, 8);
    return describe(header.toString('utf8'), size - 8 - header.length);
  } finally {
    await file.close();
  }
}

function describe(json: string, dataBytes: number): SafetensorsHeader | { problem: string } {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch {
    return { problem: 'has a damaged header (no JSON)' };
  }
  if (!isFields(header)) return { problem: 'has a damaged header (no object)' };
  const { __metadata__: metadata, ...tensors } = header;
  const summary: SafetensorsHeader = {
    tensors: 0,
    parameters: 0,
    dtypes: {},
    metadata: isFields(metadata) ? metadata : {},
  };
  let end = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!isFields(tensor) || !isSizes(tensor['shape']) || !isSizes(tensor['data_offsets']))
      return { problem: `has a damaged header (tensor "${name}")` };
    const parameters = tensor['shape'].reduce((product, size) => product * size, 1);
    const dtype = String(tensor['dtype']);
    summary.tensors++;
    summary.parameters += parameters;
    summary.dtypes[dtype] = (summary.dtypes[dtype] ?? 0) + parameters;
    end = Math.max(end, tensor['data_offsets'][1] ?? 0);
  }
  if (end > dataBytes) return { problem: `is cut short: ${dataBytes} of ${end} bytes of tensors are there` };
  return summary;
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
