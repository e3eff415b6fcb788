/** `%diff OLD [NEW]`: what changed between two policies; of one run, between its first and its best. */
import { buildDiffBundle, pickScoreText, type DiffSide } from '@policybook/views';
import type { Reference } from '@policybook/language';
import { refuse, succeed, type CellResult } from '../errors/cell-failure';
import { readNamedPolicy, type NamedPolicy } from '../notebook/references';
import type { Notebook } from '../notebook/notebook';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Shows the difference of two policies; of one run that of its first and its best, of one candidate that to its run's first. */
export const diff: CommandHandler = async (notebook, command, execution) => {
  const before = requireArgument(command, 'old', 'reference').reference;
  const after = findArgument(command, 'new', 'reference')?.reference;
  if (after === undefined && before.kind === 'name') {
    const named = await readNamedPolicy(notebook, before);
    if (!named.ok) return named;
    if (named.value.origin === null)
      return refuse(
        'CommandError',
        `${before.name} is a %%policy cell, which has no earlier version; name two policies: %diff OLD NEW`,
      );
  }
  const sides = after ? ([before, after] as const) : chooseSides(before);
  const old = await readSide(notebook, sides[0]);
  if (!old.ok) return old;
  const fresh = await readSide(notebook, sides[1]);
  if (!fresh.ok) return fresh;
  execution.display(buildDiffBundle(old.value, fresh.value));
  return succeed(null);
};

function chooseSides(reference: Reference): readonly [Reference, Reference] {
  const run =
    reference.kind === 'name' ? reference.name : reference.kind === 'candidate' ? reference.run : null;
  if (run === null) return [reference, reference];
  return [
    { kind: 'candidate', run, candidate: 1 },
    reference.kind === 'candidate' ? reference : { kind: 'candidate', run, candidate: 'best' },
  ];
}

async function readSide(notebook: Notebook, reference: Reference): Promise<CellResult<DiffSide>> {
  const policy = await readNamedPolicy(notebook, reference);
  return policy.ok ? succeed(toSide(policy.value)) : policy;
}

function toSide({ reference, source, score }: NamedPolicy): DiffSide {
  return { reference, source, score: score === null ? null : pickScoreText(score) };
}
