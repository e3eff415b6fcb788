/** Events to state. Nothing else ever makes a `RunState`. */
import { countLimited } from './budget/budget';
import { countOutside, widenExtremes } from './acceptance/return-bounds';
import { addToTotals, NO_USAGE } from '@policybook/protocol';
import type { CandidateId, RunEvent, UserMessage } from './events';
import { formatAtEdge } from './tunable-constants';
import {
  readGoldenReturns,
  requireCandidate,
  type Candidate,
  type EventOf,
  type Race,
  type RunState,
} from './state';

/** Folds a whole record into its state. A record of no events has none: `null`. Throws when the first event does not declare the run. */
export function fold(events: Iterable<RunEvent>): RunState | null {
  let state: RunState | null = null;
  for (const event of events) state = advance(state, event);
  return state;
}

/**
 * Advances the state by one more event. Consumes `state`: its map of candidates is extended in place, because copying
 * it for each event would make opening a long run quadratic. Candidates themselves never change.
 */
export function advance(state: RunState | null, event: RunEvent): RunState {
  if (event.type === 'run_declared') return openState(event);
  if (state === null) throw new Error(`a run begins with run_declared, not with ${event.type}`);
  if (event.type === 'audited') return { ...state, audits: [...state.audits, event] };
  const usage =
    'usage' in event && event.usage !== undefined ? addToTotals(state.usage, event.usage) : state.usage;
  const replayed = 'replayed' in event ? addToTotals(state.replayed, event.replayed.usage) : state.replayed;
  // An event that follows a stop belongs to a later session of the same run.
  const turnStart = findTurnStart(state, event);
  return applyEvent({ ...state, usage, replayed, turnStart, stopped: null }, event);
}

/** What the author's turn began with that the event belongs to: the first event of a generation begins it. */
function findTurnStart(state: RunState, event: RunEvent): RunState['turnStart'] {
  const isOfTurn =
    event.type === 'tool_used' || event.type === 'author_answered' || event.type === 'author_failed';
  if (!isOfTurn || state.turnStart?.generation === event.generation) return state.turnStart;
  const estimate = state.headHistory.at(-1)?.estimate ?? null;
  return { generation: event.generation, estimate, spent: countLimited(state) };
}

function addMemberTurn(
  { memberTurns, turnStart }: RunState,
  { member }: EventOf<'author_answered' | 'author_failed'>,
): RunState['memberTurns'] {
  if (member === undefined || turnStart === null) return memberTurns;
  const { number, name, exhausted = false } = member;
  return [...memberTurns, { ...turnStart, member: number, name, isExhausted: exhausted }];
}

function openState(event: EventOf<'run_declared'>): RunState {
  return {
    run: event.run,
    settings: event.settings,
    facts: event.facts,
    generation: 0,
    candidates: new Map(),
    head: null,
    accepted: null,
    headHistory: [],
    championHistory: [],
    findings: [],
    probed: null,
    notes: [],
    limitation: null,
    isUnmetered: false,
    answerCalls: [],
    userNotes: [],
    isAuthorExhausted: false,
    memberTurns: [],
    turnStart: null,
    authorFailure: null,
    usage: NO_USAGE,
    replayed: NO_USAGE,
    fault: null,
    race: null,
    comparisons: 0,
    acceptances: 0,
    falseAcceptances: 0,
    alarms: [],
    jittered: null,
    simplified: null,
    isProxyChecked: false,
    observed: null,
    outside: 0,
    audits: [],
    stopped: null,
  };
}

function applyEvent(
  state: RunState,
  event: Exclude<RunEvent, EventOf<'run_declared' | 'audited'>>,
): RunState {
  switch (event.type) {
    case 'author_answered':
      return {
        ...state,
        generation: event.generation,
        findings: joinFindings(state.findings, event.findings),
        notes: [
          ...state.notes,
          ...(event.notes ?? []).map((text) => ({ generation: event.generation, text })),
        ],
        answerCalls: event.proposalCalls ?? (event.call === null ? [] : [event.call]),
        isAuthorExhausted: event.exhausted,
        limitation: state.limitation ?? event.limitation ?? null,
        isUnmetered: state.isUnmetered || event.unmetered === true,
        memberTurns: addMemberTurn(state, event),
        authorFailure: null,
      };
    case 'message_received':
      return receiveMessage(state, event.message);
    case 'author_failed':
      return {
        ...state,
        generation: event.generation,
        memberTurns: addMemberTurn(state, event),
        authorFailure: event.message,
      };
    case 'candidate_proposed':
      return putCandidate(state, createCandidate(event, state));
    case 'candidate_rejected':
      return applyRejection(state, event);
    case 'candidate_raced':
      return applyRace(state, event);
    case 'head_changed':
      return applyHead(state, event);
    case 'golden_played':
      return changeCandidate(state, event.candidate, {
        golden: { returns: readGoldenReturns(state.settings, event.played), minEffect: event.minEffect },
      });
    case 'head_measured':
      return applyMeasurement(state, event);
    case 'challenger_compared':
      return applyComparison(state, event);
    case 'champion_promoted':
      return applyPromotion(state, event);
    case 'constants_jittered':
      return { ...state, jittered: event };
    case 'proxy_checked':
      return { ...state, isProxyChecked: true };
    case 'alarm_raised':
      return { ...state, alarms: [...state.alarms, event] };
    case 'episodes_lost':
      return { ...state, fault: event.fault };
    case 'tuner_finished':
      return {
        ...changeCandidate(state, event.candidate, { tuned: true }),
        findings: joinFindings(state.findings, (event.edges ?? []).map(formatAtEdge)),
      };
    case 'simplifier_finished':
      return { ...state, simplified: event };
    case 'tool_used':
      return event.findings === undefined
        ? state
        : {
            ...state,
            probed: { findings: event.findings, ranges: event.ranges ?? [] },
            findings: joinFindings(state.findings, event.findings),
          };
    case 'actions_compared':
    case 'recomputed_differently':
      return state;
    case 'run_stopped':
      return { ...state, stopped: event };
  }
}

/** Finds the call that wrote a candidate: what is made of another one (tuned, simplified, by hand) was written by none. */
function findCall(
  { kind, generation }: EventOf<'candidate_proposed'>,
  { answerCalls, candidates }: RunState,
): string | null {
  if (kind !== 'structural') return null;
  const before = [...candidates.values()].filter(
    (candidate) => candidate.kind === 'structural' && candidate.generation === generation,
  );
  return answerCalls[before.length] ?? answerCalls[0] ?? null;
}

/** Finds which of a run's several authors wrote a candidate, as `findCall` finds the call. */
function findMemberName(
  { kind, generation }: EventOf<'candidate_proposed'>,
  { memberTurns }: RunState,
): string | null {
  if (kind !== 'structural') return null;
  return memberTurns.find((turn) => turn.generation === generation)?.name ?? null;
}

function createCandidate(event: EventOf<'candidate_proposed'>, state: RunState): Candidate {
  return {
    id: event.candidate,
    generation: event.generation,
    parent: event.parent,
    joined: event.joined ?? null,
    expected: event.expected ?? null,
    kind: event.kind,
    label: event.label,
    idea: event.idea,
    author: findMemberName(event, state),
    call: findCall(event, state),
    policy: event.policy,
    hash: event.hash,
    treeHash: event.treeHash ?? null,
    baseline: event.baseline ?? false,
    tunable: event.tunable ?? 0,
    marks: event.marks ?? null,
    tuned: false,
    size: event.size,
    readded: event.readded ?? null,
    training: new Map(),
    fresh: new Map(),
    golden: null,
    drawn: 0,
    measured: 0,
    actsAs: null,
    observed: null,
    score: null,
    verdict: null,
    undecided: null,
    failure: null,
    duplicateOf: null,
    at: state.usage,
    isRejectedByUser: false,
  };
}

function applyRejection(state: RunState, { candidate, reason }: EventOf<'candidate_rejected'>): RunState {
  const found = reason.code === 'failed' ? { failure: reason.failure } : { duplicateOf: reason.of };
  return changeCandidate(state, candidate, { verdict: 'rejected', ...found });
}

function applyRace(state: RunState, event: EventOf<'candidate_raced'>): RunState {
  const { seeds, returns } = event.played;
  const training = addReturns(requireCandidate(state, event.candidate).training, seeds, returns);
  const before = requireCandidate(state, event.candidate).verdict;
  // A verdict by a comparison outlasts races.
  const isOpen = before === null || before === 'dropped';
  const verdict = isOpen ? (event.dropped ? 'dropped' : null) : before;
  const observed = widenCandidate(state, event.candidate, event.played.returns);
  const next = changeCandidate(state, event.candidate, { training, observed, verdict, at: state.usage });
  const isNewcomer = training.size === event.played.seeds.length;
  return observeReturns(
    {
      ...next,
      race: addRaceRound(state.race, event, training.size, isNewcomer),
    },
    event.played.returns,
  );
}

function addRaceRound(
  latest: Race | null,
  { generation, usage }: EventOf<'candidate_raced'>,
  played: number,
  isNewcomer: boolean,
): Race {
  const race = latest?.generation === generation ? latest : { entrants: 0, seeds: 0 };
  return {
    generation,
    entrants: race.entrants + (isNewcomer ? 1 : 0),
    seeds: Math.max(race.seeds, played),
    episodes: (latest?.episodes ?? 0) + (usage.episodes ?? 0),
  };
}

function applyHead(state: RunState, { candidate, estimate, actsAs }: EventOf<'head_changed'>): RunState {
  const next = actsAs === undefined ? state : changeCandidate(state, candidate, { actsAs });
  const headHistory = [...state.headHistory, { candidate, estimate, at: state.usage }];
  return { ...next, head: candidate, headHistory };
}

function applyMeasurement(state: RunState, { candidate, played, score }: EventOf<'head_measured'>): RunState {
  const { seeds, returns } = played;
  const { fresh, measured } = requireCandidate(state, candidate);
  const next = changeCandidate(state, candidate, {
    score,
    fresh: addReturns(fresh, seeds, returns),
    measured: measured + seeds.length,
    observed: widenCandidate(state, candidate, returns),
    at: state.usage,
  });
  return observeReturns(next, returns);
}

/** Adds returns by their seeds to those that are known. */
function addReturns(
  known: ReadonlyMap<number, number>,
  seeds: readonly number[],
  returns: readonly number[],
): ReadonlyMap<number, number> {
  const all = new Map(known);
  seeds.forEach((seed, index) => {
    const value = returns[index];
    if (value !== undefined) all.set(seed, value);
  });
  return all;
}

function applyComparison(state: RunState, event: EventOf<'challenger_compared'>): RunState {
  const { challenger, champion, verdict, pairs, test, alpha, minEffect, earlier } = event;
  const { low, high, assumed } = event.bounds;
  const readFresh = (id: CandidateId, returns: readonly number[] = []) =>
    addReturns(requireCandidate(state, id).fresh, pairs?.seeds ?? [], returns);
  let next = changeCandidate(state, challenger, {
    score: event.challengerScore,
    fresh: readFresh(challenger, pairs?.challenger),
    drawn: requireCandidate(state, challenger).drawn + (event.drawn ?? pairs?.seeds.length ?? 0),
    undecided:
      verdict === 'undecided' ? { champion, test, alpha, minEffect, bounds: { low, high, assumed } } : null,
    observed: widenCandidate(state, challenger, pairs?.challenger ?? []),
    verdict,
    at: state.usage,
  });
  next = changeCandidate(next, champion, {
    score: event.championScore,
    fresh: readFresh(champion, pairs?.champion),
    observed: widenCandidate(state, champion, pairs?.champion ?? []),
    at: state.usage,
  });
  const returns = pairs === undefined ? [] : [...pairs.challenger, ...pairs.champion];
  const counts = {
    // A comparison that goes on is one question still, with one level.
    comparisons: state.comparisons + (earlier === undefined ? 1 : 0),
    acceptances: state.acceptances + (isAccepted(event) ? 1 : 0),
    falseAcceptances: state.falseAcceptances + (earlier === undefined ? alpha : 0),
    // Those outside declared bounds are counted with all other returns.
    outside: state.outside + (event.bounds.assumed ? (event.bounds.clipped ?? 0) : 0),
  };
  return observeReturns({ ...next, ...counts }, returns);
}

/** Whether a run ended by itself, so that its record is shown and not gone on with. */
export function isFinished({ stopped }: Pick<RunState, 'stopped'>): boolean {
  return stopped?.reason === 'exhausted' || stopped?.reason === 'budget';
}

/** Whether a verdict promotes the challenger; `equivalent` is enough for a smaller text. */
export function isAccepted({
  test,
  verdict,
}: Pick<EventOf<'challenger_compared'>, 'test' | 'verdict'>): boolean {
  return verdict === 'better' || (test === 'noninferiority' && verdict === 'equivalent');
}

function applyPromotion(state: RunState, event: EventOf<'champion_promoted'>): RunState {
  const { candidate, kind, score } = event;
  const observed = widenCandidate(state, candidate, event.played?.returns ?? []);
  const { seeds = [], returns: playedReturns = [] } = event.played ?? {};
  const fresh = addReturns(requireCandidate(state, candidate).fresh, seeds, playedReturns);
  let next = changeCandidate(state, candidate, { score, fresh, observed, at: state.usage });
  if (event.previous === null) next = changeCandidate(next, candidate, { verdict: 'first' });
  // The same actions by a smaller text: taken without a comparison.
  else if (requireCandidate(next, candidate).verdict === null)
    next = changeCandidate(next, candidate, { verdict: 'equivalent' });
  const promotion = { candidate, kind, score, at: state.usage };
  const returns = event.played?.returns ?? [];
  return observeReturns({ ...next, championHistory: [...state.championHistory, promotion] }, returns);
}

function changeCandidate(state: RunState, id: CandidateId, change: Partial<Candidate>): RunState {
  return putCandidate(state, { ...requireCandidate(state, id), ...change });
}

function putCandidate(state: RunState, candidate: Candidate): RunState {
  // `fold` made this map and hands it on; see `advance`.
  const candidates = state.candidates instanceof Map ? state.candidates : new Map(state.candidates);
  return { ...state, candidates: candidates.set(candidate.id, candidate) };
}

function receiveMessage(state: RunState, message: UserMessage): RunState {
  switch (message.kind) {
    case 'note':
      return { ...state, userNotes: [...state.userNotes, message.text] };
    case 'reject':
      return {
        ...changeCandidate(state, message.candidate, { isRejectedByUser: true }),
        accepted: state.accepted?.candidate === message.candidate ? null : state.accepted,
      };
    case 'accept':
      return {
        ...changeCandidate(state, message.candidate, { isRejectedByUser: false }),
        accepted: { candidate: message.candidate, among: state.candidates.size },
      };
    case 'policy':
      return state;
  }
}

function joinFindings(findings: readonly string[], more: readonly string[]): readonly string[] {
  const added = [...new Set(more)].filter((finding) => !findings.includes(finding));
  return added.length === 0 ? findings : [...findings, ...added];
}

/** Widens the extremes of a candidate's returns by more of them. */
function widenCandidate(state: RunState, id: CandidateId, returns: readonly number[]): Candidate['observed'] {
  return widenExtremes(requireCandidate(state, id).observed, returns);
}

/** Adds the returns of whole episodes to what is known of returns. */
function observeReturns(state: RunState, returns: readonly number[]): RunState {
  const declared = state.settings.returns;
  const outside = declared === null ? 0 : countOutside(returns, { low: declared[0], high: declared[1] });
  return {
    ...state,
    observed: widenExtremes(state.observed, returns),
    outside: state.outside + outside,
  };
}
