/** `%diff OLD [NEW]`: what changed between two policies; of one run, between its first and its best. */
import { diffBundle, scoreText, type DiffSide } from '@policybook/views';
import type { Reference } from '@policybook/language';
import { succeed, type CellResult } from '../errors/cell-failure';
import { readNamedPolicy, type NamedPolicy } from '../notebook/references';
import type { Notebook } from '../notebook/notebook';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

export const diff: CommandHandler = async (notebook, command, execution) => {
  const before = requireArgument(command, 'old', 'reference').reference;
  const after = findArgument(command, 'new', 'reference')?.reference;
  const sides = after ? ([before, after] as const) : firstAndBest(before);
  const old = await side(notebook, sides[0]);
  if (!old.ok) return old;
  const fresh = await side(notebook, sides[1]);
  if (!fresh.ok) return fresh;
  execution.display(diffBundle(old.value, fresh.value));
  return succeed(null);
};

function firstAndBest(reference: Reference): readonly [Reference, Reference] {
  const run =
    reference.kind === 'name' ? reference.name : reference.kind === 'candidate' ? reference.run : null;
  if (run === null) return [reference, reference];
  return [
    { kind: 'candidate', run, candidate: 1 },
    reference.kind === 'candidate' ? reference : { kind: 'candidate', run, candidate: 'best' },
  ];
}

async function side(notebook: Notebook, reference: Reference): Promise<CellResult<DiffSide>> {
  const policy = await readNamedPolicy(notebook, reference);
  return policy.ok ? succeed(sideOf(policy.value)) : policy;
}

function sideOf({ reference, source, score }: NamedPolicy): DiffSide {
  return { reference, source, score: score === null ? null : scoreText(score) };
}
