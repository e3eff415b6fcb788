/** What the user's Python reports of itself with a cell that it requests (`policybook.notebook.user_code`). */
import type { Json, JsonObject } from '@policybook/wire';

/** Reports by the ids that the cell mentions; the one of the empty name is about no id. */
export type UserCodeReports = JsonObject;

/** Finds the report about an id; one that was not mentioned is not registered there. */
export function findReport(reports: UserCodeReports, id: string | null): Json {
  return reports[id ?? ''] ?? reports[''] ?? null;
}
