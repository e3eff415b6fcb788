/** Tables whose rows are known by name, with the names kept in the types. */

/** The names of a table's rows, in their order. */
export function listNames<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[];
export function listNames(table: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(table);
}

/** Makes a table from named rows. `rows` must have one for every name that the type promises. */
export function collectRows<Name extends string, Row>(
  rows: readonly (readonly [Name, Row])[],
): Record<Name, Row>;
export function collectRows<Row>(rows: readonly (readonly [string, Row])[]): Record<string, Row> {
  return Object.fromEntries(rows);
}
