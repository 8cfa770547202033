// Which screen an address names.

export type Place =
  | { screen: 'runs' | 'audit' | 'leaderboard' | 'compare' | 'missing' }
  | { screen: 'run' | 'samples' | 'run-audit' | 'review' | 'judgment'; id: string };

/** The screen of a path such as `/runs/20261121_103000/samples`. */
export function placeOf(pathname: string): Place {
  const [head, id, tail, ...rest] = pathname.replace(/\/+$/, '').split('/').slice(1).map(decoded);
  if (rest.length > 0) return { screen: 'missing' };
  if (head === undefined || (head === 'runs' && id === undefined)) return { screen: 'runs' };
  if (id === undefined)
    return { screen: head === 'audit' || head === 'leaderboard' || head === 'compare' ? head : 'missing' };
  if (head === 'judgments' && tail === undefined) return { screen: 'judgment', id };
  if (head !== 'runs') return { screen: 'missing' };
  if (tail === undefined) return { screen: 'run', id };
  if (tail === 'audit') return { screen: 'run-audit', id };
  return tail === 'samples' || tail === 'review' ? { screen: tail, id } : { screen: 'missing' };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
