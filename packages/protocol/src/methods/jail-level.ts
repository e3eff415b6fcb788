import { z } from 'zod';
import { jailLevel } from '../spec';

/** Answers the level at which policies run here; fails with consent_needed where they may not. */
export const readJailLevel = {
  params: z.strictObject({}),
  result: z.strictObject({ level: jailLevel }),
};
