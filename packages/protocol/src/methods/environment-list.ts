import { z } from 'zod';

/** Lists the ids that are registered with Gymnasium. */
export const listEnvironments = {
  params: z.strictObject({}),
  result: z.strictObject({ ids: z.array(z.string()) }),
};
