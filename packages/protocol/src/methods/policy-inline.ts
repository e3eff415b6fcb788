import { z } from 'zod';

/**
 * Makes one text of a folder with a `policy.py`, its other modules and its data.
 *
 * Failures: folder_error, syntax_error.
 */
export const inlinePolicy = {
  params: z.strictObject({ folder: z.string() }),
  result: z.strictObject({ source: z.string() }),
};
