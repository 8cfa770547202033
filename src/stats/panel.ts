// Whose judgments make the win rate.

export interface PanelOptions {
  /** Judges that saw a share of the prompts: agreement and health, not the win rate. */
  informing?: string[] | undefined;
  /** Judges that know answers and ask no model; like `human:` judges they make no win rate beside others. */
  referenceJudges?: string[] | undefined;
}

/** The judges that decide: models that saw all prompts; where there is none, those that saw a share; else all. */
export function panelOf(judges: string[], { informing = [], referenceJudges = [] }: PanelOptions = {}): string[] {
  const models = judges.filter((judge) => !judge.startsWith('human:') && !referenceJudges.includes(judge));
  const full = models.filter((judge) => !informing.includes(judge));
  return full.length > 0 ? full : models.length > 0 ? models : judges;
}
