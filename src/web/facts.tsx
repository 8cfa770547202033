// Named values below each other: what a record is, what a run was started with.
/** Name and value; a value of null is left out. */
export type Fact = readonly [name: string, value: string | null];

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
