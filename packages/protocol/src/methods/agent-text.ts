import { z } from 'zod';

/** Turns a recorded agent (`policybook/agents/agent_file.py`) into a policy's text. Failure: bad_agent. */
export const writeAgentText = {
  params: z.strictObject({
    /** The file's bytes in base 64. */
    file: z.string(),
  }),
  result: z.strictObject({
    source: z.string(),
    algorithm: z.string(),
    weights: z.int().nonnegative(),
    /** Environment steps of its training, `null` where the file does not say. */
    steps: z.int().nonnegative().nullable(),
    /** CPU seconds of its training, `null` where the file does not say. */
    cpuSeconds: z.number().nonnegative().nullable(),
  }),
};
