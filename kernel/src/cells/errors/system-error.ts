/** Errors of the file system, as cells word them. */

/** The system's code of an error, such as ENOENT; `null` for an error that is not the system's. */
export function readSystemCode(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}

/** Says that a path of a cell cannot be read, and where paths start. */
export function formatUnreadablePath(path: string, folder: string, error: unknown): string {
  return `${path} cannot be read (${readSystemCode(error) ?? 'not readable'}); paths start at ${folder}`;
}
