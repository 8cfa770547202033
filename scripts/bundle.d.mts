import type { Metafile } from 'esbuild';

export function bundle(root: string, outdir: string): Promise<Metafile>;
