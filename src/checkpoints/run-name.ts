// What does the name of a run say? `<experiment>_<YYYY-MM-DD>_<model>_<hardware>_<N>steps`, read from its date outwards
// because experiment and model may hold underscores themselves.

export interface RunName {
  experiment: string;
  /** YYYY-MM-DD, a real day. */
  date: string;
  model: string;
  hardware: string;
  steps: number;
}

/** The parts of a run name, or the rule that it breaks, in words. Hardware is one word; experiment and model may be several. */
export function parseRunName(name: string): RunName | { problem: string } {
  const form = '<experiment>_<YYYY-MM-DD>_<model>_<hardware>_<N>steps';
  const steps = /_(\d+)steps$/.exec(name);
  if (steps === null) return { problem: `"${name}" does not end in _<N>steps (${form})` };
  const date = /(?:^|_)(\d{4}-\d{2}-\d{2})(?=_)/.exec(name);
  if (date === null) return { problem: `"${name}" has no date YYYY-MM-DD (${form})` };
  const day = date[1]!;
  if (!isDay(day)) return { problem: `"${name}": ${day} is no day of the calendar` };
  const experiment = name.slice(0, date.index);
  const machine = /^_(.+)_([^_]+)$/.exec(name.slice(date.index + date[0].length, steps.index));
  if (experiment === '') return { problem: `"${name}" names no experiment before the date (${form})` };
  if (machine === null) return { problem: `"${name}" lacks model or hardware between date and steps (${form})` };
  if (Number(steps[1]) === 0) return { problem: `"${name}": 0 steps` };
  return { experiment, date: day, model: machine[1]!, hardware: machine[2]!, steps: Number(steps[1]) };
}

function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
