// Anyone's judged file: dropped here, audited by the server, kept nowhere.
import { type DragEvent, useRef, useState } from 'react';
import type { AuditReport } from '../answers.js';
import { AuditResult } from './audit-result.js';
import { FileRow } from './file-row.js';
import { Loading, Wrong } from './notice.js';
import { ask, asProblem, type Problem } from './server.js';
import { Title } from './title.js';

export function AuditScreen() {
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<AuditReport | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [over, setOver] = useState(false);
  // An audit of a large file may come after that of a small one chosen later.
  const latest = useRef<File | null>(null);

  const audit = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    latest.current = chosen;
    setFile(chosen);
    setReport(null);
    setProblem(null);
    try {
      const path = `/api/audit?name=${encodeURIComponent(chosen.name)}`;
      const headers = { 'content-type': 'application/octet-stream' };
      const audited = await ask<AuditReport>(path, { method: 'POST', body: chosen, headers });
      if (latest.current === chosen) setReport(audited);
    } catch (error) {
      if (latest.current === chosen) setProblem(asProblem(error));
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void audit(event.dataTransfer.files[0]);
  };

  return (
    <>
      <Title name="Audit a file" />
      <p className="prose">
        Any file of pairwise judgments: ours, AlpacaEval, Arena-Hard, MT-bench, JudgeBench, Brie, or JSON Lines and CSV
        with a winner. Every judgment is derived again from its own parts. The file is read and forgotten.
      </p>
      <label
        className={`drop ${over ? 'over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <span>Drop a file here, or choose one</span>
        <input type="file" accept=".jsonl,.json,.csv,.gz" onChange={(event) => void audit(event.target.files?.[0])} />
      </label>
      {problem !== null && <Wrong problem={problem} again={file === null ? undefined : () => void audit(file)} />}
      {file !== null && report === null && problem === null && <Loading what={file.name} />}
      {file !== null && report !== null && (
        <AuditResult
          name={file.name}
          report={report}
          place={({ line }) => line !== null && <FileRow file={file} line={line} />}
        />
      )}
    </>
  );
}
