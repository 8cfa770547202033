// A row of the file that was dropped, read from the reader's own disk when it is asked for.
import { useState } from 'react';
import { ModelText } from './text.js';

interface Field {
  name: string;
  value: string;
}

export function FileRow({ file, line }: { file: File; line: number }) {
  const [fields, setFields] = useState<Field[] | null>(null);
  const read = async () => setFields(fieldsOf(await lineOf(file, line)));
  return (
    <details onToggle={(event) => event.currentTarget.open && fields === null && void read()}>
      <summary>line {line}</summary>
      {fields !== null && (
        <dl className="row-fields">
          {fields.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <ModelText text={value} as="written" />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}

/** A line of a file, 1-based, unpacked where the file is; empty after the last. */
async function lineOf(file: File, line: number): Promise<string> {
  const bytes = file.name.endsWith('.gz') ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader();
  let before = 0;
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return before + 1 === line ? rest : '';
    const lines = (rest + value).split('\n');
    rest = lines.pop()!;
    if (before + lines.length >= line) {
      await reader.cancel();
      return lines[line - before - 1]!;
    }
    before += lines.length;
  }
}

/** The fields of a JSON line; the line itself where it is no object. */
function fieldsOf(line: string): Field[] {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null && !Array.isArray(row))
      return Object.entries(row)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value, null, 2) }));
  } catch {
    // Not JSON: a CSV line is shown as it stands.
  }
  return [{ name: 'line', value: line }];
}
