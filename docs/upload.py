"""Send the history of a run or sweep to Weights & Biases (or MLflow): one row per training step.

    doubleblind export RUN --format history -o history
    python upload.py history my-project
"""
import json
import pathlib
import sys

import wandb

folder, project = pathlib.Path(sys.argv[1]), sys.argv[2]
run = wandb.init(project=project, config={"doubleblind": (folder / "config.yaml").read_text()})
for line in (folder / "history.jsonl").read_text().splitlines():
    row = json.loads(line)
    wandb.log({key: value for key, value in row.items() if isinstance(value, (int, float))}, step=row["step"] or 0)
run.summary.update(json.loads((folder / "summary.json").read_text()))
run.finish()
# MLflow: mlflow.log_metrics({…the same dictionary…}, step=row["step"] or 0) inside `with mlflow.start_run():`
