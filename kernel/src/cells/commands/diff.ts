/** `%diff OLD [NEW]`: what changed between two policies; of one run, between its first and its best. */
import { requireCandidate } from '@policybook/engine';
import { buildDiffBundle, createCandidateSide, type DiffSide } from '@policybook/views';
import type { Reference } from '@policybook/language';
import { refuse, succeed, type CellFailure, type CellResult } from '../errors/cell-failure';
import { readNamedPolicy, type NamedPolicy } from '../notebook/references';
import type { Notebook } from '../notebook/notebook';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Shows the difference of two policies; of one run that of its first and its best, of one candidate that to its run's first. */
export const showDiff: CommandHandler = async (notebook, command, execution) => {
  const before = requireArgument(command, 'old', 'reference').reference;
  const after = findArgument(command, 'new', 'reference')?.reference;
  const { signal } = execution;
  const sides =
    after === undefined ? await chooseSides(notebook, before, signal) : succeed([before, after] as const);
  if (!sides.ok) return sides;
  const [old, fresh] = sides.value;
  const oldSide = await readSide(notebook, old, signal);
  if (!oldSide.ok) return oldSide;
  const freshSide = await readSide(notebook, fresh, signal);
  if (!freshSide.ok) return freshSide;
  execution.display(buildDiffBundle(oldSide.value, freshSide.value));
  return succeed(null);
};

/** Chooses what to compare where one policy is named: the first of its run and itself, or the best of the run that is named. */
async function chooseSides(
  notebook: Notebook,
  reference: Reference,
  signal: AbortSignal,
): Promise<CellResult<readonly [Reference, Reference]>> {
  switch (reference.kind) {
    case 'candidate':
      return succeed([{ kind: 'candidate', run: reference.run, candidate: 1 }, reference]);
    case 'name': {
      const named = await readNamedPolicy(notebook, reference, signal);
      if (!named.ok) return named;
      const { name: run } = reference;
      return named.value.origin === null
        ? refuseSingle(`${run} is a %%policy cell`)
        : succeed([
            { kind: 'candidate', run, candidate: 1 },
            { kind: 'candidate', run, candidate: 'best' },
          ]);
    }
    case 'path':
      return refuseSingle(`${reference.path} is a file or a folder`);
  }
}

/** Refuses to compare a policy by hand with nothing. */
function refuseSingle(subject: string): CellFailure {
  return refuse('CommandError', `${subject}, which has no earlier version; name two policies: %diff OLD NEW`);
}

async function readSide(
  notebook: Notebook,
  reference: Reference,
  signal: AbortSignal,
): Promise<CellResult<DiffSide>> {
  const policy = await readNamedPolicy(notebook, reference, signal);
  return policy.ok ? succeed(createSide(policy.value)) : policy;
}

function createSide({ reference, source, origin }: NamedPolicy): DiffSide {
  if (origin === null) return { reference, source, score: null };
  const { state, candidate } = origin;
  return createCandidateSide(state, requireCandidate(state, candidate), { reference, source });
}
