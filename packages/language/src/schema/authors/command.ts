/** The keys of `author: {kind: command, …}`: a program of the user's. */
import { z } from 'zod';
import { createDeadlineKey, instructions, maxPromptTokens } from './prompt-keys';

const DEFAULT_DEADLINE_SECONDS = 600;

/** The keys of the author `command`. */
export const command = z.strictObject({
  kind: z.literal('command').describe('A program of yours: a script, or a coding agent.'),
  run: z
    .string()
    .min(1)
    .meta({ title: 'a line for the shell, such as python "$POLICYBOOK_NOTEBOOK/write_policy.py"' })
    .describe(
      "The program, started by the shell for each policy in a folder with the task. It leaves policy.py or answer.md there; POLICYBOOK_NOTEBOOK is the notebook's folder.",
    ),
  deadline: createDeadlineKey(
    DEFAULT_DEADLINE_SECONDS,
    'How long one run of the program may take; it is killed then, with all that it has started.',
  ),
  pass: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/))
    .default([])
    .meta({ title: 'a list of NAMES of environment variables, never their values' })
    .describe(
      'Further environment variables that the program gets, by their names. Keys are passed no other way.',
    ),
  max_prompt_tokens: maxPromptTokens,
  instructions,
});

/** Settings of the author `command`, as the engine takes them. */
export type CommandDeclaration = {
  readonly kind: 'command';
  readonly run: string;
  readonly deadlineSeconds: number;
  readonly pass: string[];
  readonly maxPromptTokens: number;
  readonly instructions: string | null;
};

/** Fills the defaults and takes the engine's names. */
export function toCommand(settings: z.output<typeof command>): CommandDeclaration {
  const { kind, run, deadline, pass, max_prompt_tokens: tokens, instructions: words } = settings;
  return { kind, run, deadlineSeconds: deadline, pass, maxPromptTokens: tokens, instructions: words ?? null };
}
