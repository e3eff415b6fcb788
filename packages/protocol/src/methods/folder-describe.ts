import { z } from 'zod';

/** Says what a folder of data holds, hidden files aside. Failure: folder_error. */
export const describeFolder = {
  params: z.strictObject({ folder: z.string() }),
  result: z.strictObject({ hash: z.string(), files: z.int(), bytes: z.int() }),
};
