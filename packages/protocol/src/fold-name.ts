/** Names that users give, compared as Python compares identifiers. */

/**
 * Folds a name to the form NFKC, in which Python compares identifiers: two spellings of one name, such as `café` with é as
 * one character or as two, are one name everywhere.
 */
export function foldName(name: string): string {
  return name.normalize('NFKC');
}
