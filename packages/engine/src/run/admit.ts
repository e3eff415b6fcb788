/** How proposed texts become candidates: they are kept, numbered, and rejected where they do not parse or are known already. */
import type { PolicyFacts, PolicyFailure } from '@policybook/protocol';
import { hashPolicy } from '../audit/seeds';
import { candidateId, type CandidateId, type GainKind } from '../events';
import { measureUnparsable } from '../policy-size';
import { hashMarks } from '../tunable-constants';
import { requireCandidate, type Candidate, type EventOf, type RunState } from '../state';
import type { PolicyResult } from '../session/episode-runner';
import { findHead, requireText, type RunContext } from './context';
import { readRecordedText } from '../session/read-recorded-text';
import { findReaddedLines, type HeadText } from './readded-lines';

/** A text that is to become a candidate. */
export interface CandidateProposal {
  readonly kind: GainKind;
  readonly label: string;
  readonly idea: string;
  readonly source: string;
  readonly baseline?: boolean;
  /** The candidate that it was made of; by default, and where there is no such candidate, the head. */
  readonly parent?: CandidateId | undefined;
  /** A second candidate that was joined with the parent. */
  readonly joined?: CandidateId | undefined;
  /** By how much its author expects its mean return to be above that of its parent. */
  readonly expected?: number | undefined;
}

/**
 * Numbers `count` proposals in order and returns the candidates that are worth episodes. `readProposals` is called only
 * where the record does not hold them all; their parent is the head, where they name no other.
 */
export async function admitProposals(
  context: RunContext,
  count: number,
  readProposals: () => Promise<readonly CandidateProposal[]>,
): Promise<CandidateId[]> {
  const { log, texts, journal } = context;
  const before = log.state;
  const proposed = await log.recordOrReplay(count, ['candidate_proposed'], async () =>
    Promise.all((await readProposals()).map((proposal, index) => propose(context, before, proposal, index))),
  );
  for (const event of proposed) {
    if (!texts.has(event.candidate))
      texts.set(event.candidate, await readRecordedText(journal, event, 'run'));
  }
  const ids = proposed.map((event) => event.candidate);
  const rejected = await reject(context, ids);
  return ids.filter((id) => !rejected.has(id));
}

async function propose(
  context: RunContext,
  state: RunState,
  { kind, label, idea, source, baseline = false, parent, joined, expected }: CandidateProposal,
  index: number,
): Promise<EventOf<'candidate_proposed'>> {
  const candidate = candidateId.parse(state.candidates.size + 1 + index);
  const described = await context.runner.describe(source);
  const hash = hashPolicy(source);
  const policy = await context.journal.keepPolicy(candidate, hash, source);
  context.texts.set(candidate, source);
  const second = findKnown(state, joined);
  const readded = findReaddedLines(source, readHeadTexts(context));
  return {
    type: 'candidate_proposed',
    candidate,
    generation: state.generation,
    parent: findKnown(state, parent) ?? findHead(state)?.id ?? null,
    ...(second !== undefined && { joined: second }),
    ...(expected !== undefined && { expected }),
    kind,
    label,
    idea,
    policy,
    hash,
    ...(baseline && { baseline }),
    ...(described.ok ? selectFacts(described.value) : { size: measureUnparsable(source) }),
    ...(readded !== null && { readded }),
    usage: {},
  };
}

function findKnown({ candidates }: RunState, id: CandidateId | undefined): CandidateId | undefined {
  return id !== undefined && candidates.has(id) ? id : undefined;
}

function readHeadTexts(context: RunContext): HeadText[] {
  return context.log.state.headHistory.map(({ candidate }) => ({
    candidate,
    source: requireText(context, candidate),
  }));
}

function selectFacts({ treeHash, tunable, size }: PolicyFacts) {
  return {
    treeHash,
    size,
    ...(tunable.length > 0 && { tunable: tunable.length, marks: hashMarks(tunable) }),
  };
}

/** Rejects what is not worth an episode, in candidate order; returns which those are. */
async function reject(context: RunContext, ids: readonly CandidateId[]): Promise<Set<CandidateId>> {
  const { state } = context.log;
  const worthless = ids.flatMap((id) => {
    const candidate = requireCandidate(state, id);
    const duplicateOf = candidate.treeHash === null ? null : findTreeDuplicate(state, candidate);
    return duplicateOf !== null || candidate.treeHash === null ? [{ id, duplicateOf }] : [];
  });
  await context.log.recordOrReplay(worthless.length, ['candidate_rejected'], () =>
    Promise.all(
      worthless.map(async ({ id, duplicateOf }): Promise<EventOf<'candidate_rejected'>> => {
        if (duplicateOf !== null)
          return createRejection(id, { code: 'duplicate', of: duplicateOf, by: 'tree' });
        return createRejection(id, {
          code: 'failed',
          failure: requireFailure(await context.runner.describe(requireText(context, id))),
        });
      }),
    ),
  );
  return new Set(worthless.map(({ id }) => id));
}

function findTreeDuplicate(state: RunState, { id, treeHash }: Candidate): CandidateId | null {
  for (const other of state.candidates.values()) {
    if (other.id < id && other.treeHash === treeHash) return other.id;
  }
  return null;
}

function requireFailure(described: PolicyResult<PolicyFacts>): PolicyFailure {
  if (described.ok) throw new Error('a text parses that did not parse before');
  return described.failure;
}

/** Creates the event that rejects a candidate; `usage` is what finding the reason took. */
export function createRejection(
  candidate: CandidateId,
  reason: EventOf<'candidate_rejected'>['reason'],
  usage: EventOf<'candidate_rejected'>['usage'] = {},
): EventOf<'candidate_rejected'> {
  return { type: 'candidate_rejected', candidate, reason, usage };
}
