import type { OutputChunk } from 'rolldown';

export function bundle(root: string, outdir: string): Promise<OutputChunk[]>;
