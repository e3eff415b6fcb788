/** The keys of `author: {kind: replay, …}`: the recorded answers of another run's author, again. */
import { z } from 'zod';
import { isRunName } from '../../reference';

/** The keys of the author `replay`. */
export const replay = z.strictObject({
  kind: z
    .literal('replay')
    .describe("The recorded answers of another run's author: free, without a key, and without a connection."),
  run: z
    .string()
    .refine((text) => isRunPath(text) || isRunName(text))
    .meta({
      title: "a run's name (first, first~1, first/2), or the path of its folder as in ./recorded/first",
    })
    .describe("The run that is replayed: its name, or the path of its folder, from the notebook's folder."),
  strict: z
    .boolean()
    .default(false)
    .describe(
      'What becomes of a prompt that differs from the recorded one: false, the recorded answer is used and the difference is said and recorded; true, the run ends there.',
    ),
});

/** Settings of the author `replay`, as the cell has them. */
export type ReplayDeclaration = z.output<typeof replay>;

/** Whether a text that names a run is the path of its folder. */
export function isRunPath(text: string): boolean {
  return /^(?:\.{1,2})?\//u.test(text);
}
