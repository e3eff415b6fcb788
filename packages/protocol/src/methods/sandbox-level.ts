import { z } from 'zod';
import { isolationLevel } from '../spec';

/** Answers the level at which policies run here; fails with consent_needed where they may not. */
export const readIsolationLevel = {
  params: z.strictObject({}),
  result: z.strictObject({ level: isolationLevel }),
};
