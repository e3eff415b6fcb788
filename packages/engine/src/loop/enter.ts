/** Proposed texts become candidates: kept, numbered, and rejected where they do not parse or are known already. */
import { policyHash } from '../audit/seeds';
import type { PolicyFacts, PolicyFailure, PolicySize } from '@policybook/protocol';
import { candidateId, type CandidateId, type GainKind } from '../events';
import type { Candidate, EventOf, RunState } from '../state';
import type { Journal } from '../ports';
import type { Answered } from './bench';
import { candidateOf, champion, textOf, type Context } from './context';
import { Stopped } from './stopped';
import { readdedLines, type ChampionText } from './readded-lines';

export interface Offer {
  readonly kind: GainKind;
  readonly label: string;
  readonly idea: string;
  readonly source: string;
  readonly baseline?: boolean;
}

/**
 * Numbers `count` offers in order and returns those worth episodes. `offers` is called only where the record does
 * not hold them all; the champion is their parent.
 */
export async function enter(
  context: Context,
  count: number,
  offers: () => Promise<readonly Offer[]>,
): Promise<CandidateId[]> {
  const { ledger, texts, journal } = context;
  const before = ledger.state;
  const proposed = await ledger.barrier(count, ['candidate_proposed'], async () =>
    Promise.all((await offers()).map((offer, index) => propose(context, before, offer, index))),
  );
  for (const { candidate, policy, hash } of proposed) {
    if (!texts.has(candidate)) texts.set(candidate, await recordedText(journal, policy, hash));
  }
  const ids = proposed.map((event) => event.candidate);
  const rejected = await reject(context, ids);
  return ids.filter((id) => !rejected.has(id));
}

/** A file that people may open and change: what is not the recorded text must not go on under its name. */
async function recordedText(journal: Journal, policy: string, hash: string): Promise<string> {
  const text = await journal.readPolicy(policy);
  if (policyHash(text) === hash) return text;
  const advice = 'undo the change, and keep yours in a file of another name';
  throw new Stopped('failed', `policies/${policy} was changed after the run wrote it: ${advice}`);
}

async function propose(
  context: Context,
  state: RunState,
  { kind, label, idea, source, baseline = false }: Offer,
  index: number,
): Promise<EventOf<'candidate_proposed'>> {
  const candidate = candidateId.parse(state.candidates.size + 1 + index);
  const described = await context.bench.describe(source);
  const hash = policyHash(source);
  const policy = await context.journal.keepPolicy(candidate, hash, source);
  context.texts.set(candidate, source);
  const readded = readdedLines(source, championTexts(context));
  return {
    type: 'candidate_proposed',
    candidate,
    generation: state.generation,
    parent: champion(state)?.id ?? null,
    kind,
    label,
    idea,
    policy,
    hash,
    ...(baseline && { baseline }),
    ...(described.ok ? parsedFacts(described.value) : { size: unparsedSize(source) }),
    ...(readded !== null && { readded }),
    cost: {},
  };
}

function championTexts(context: Context): ChampionText[] {
  return context.ledger.state.championships.map(({ candidate }) => ({
    candidate,
    source: textOf(context, candidate),
  }));
}

function parsedFacts({ treeHash, tunable, size }: PolicyFacts) {
  return { treeHash, size, ...(tunable.length > 0 && { tunable: tunable.length }) };
}

function unparsedSize(source: string): PolicySize {
  const lines = source.split('\n').filter((line) => line.trim() !== '').length;
  return { lines, branches: 0, nodes: 0, constants: 0 };
}

/** Rejects what is not worth an episode, in candidate order; returns who it was. */
async function reject(context: Context, ids: readonly CandidateId[]): Promise<Set<CandidateId>> {
  const { state } = context.ledger;
  const doomed = ids.flatMap((id) => {
    const candidate = candidateOf(state, id);
    const twin = candidate.treeHash === null ? null : earlierTwin(state, candidate);
    return twin !== null || candidate.treeHash === null ? [{ id, twin }] : [];
  });
  await context.ledger.barrier(doomed.length, ['candidate_rejected'], () =>
    Promise.all(
      doomed.map(async ({ id, twin }): Promise<EventOf<'candidate_rejected'>> => {
        if (twin !== null) return rejection(id, { code: 'duplicate', of: twin, by: 'tree' });
        return rejection(id, {
          code: 'failed',
          failure: failureOf(await context.bench.describe(textOf(context, id))),
        });
      }),
    ),
  );
  return new Set(doomed.map(({ id }) => id));
}

function earlierTwin(state: RunState, { id, treeHash }: Candidate): CandidateId | null {
  for (const other of state.candidates.values()) {
    if (other.id < id && other.treeHash === treeHash) return other.id;
  }
  return null;
}

function failureOf(described: Answered<PolicyFacts>): PolicyFailure {
  if (described.ok) throw new Error('a text parses that did not parse before');
  return described.failure;
}

export function rejection(
  candidate: CandidateId,
  reason: EventOf<'candidate_rejected'>['reason'],
  cost: EventOf<'candidate_rejected'>['cost'] = {},
): EventOf<'candidate_rejected'> {
  return { type: 'candidate_rejected', candidate, reason, cost };
}
