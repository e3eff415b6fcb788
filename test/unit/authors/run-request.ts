/** What authors are asked, for their tests: a run's events, folded. */
import { type Failure, type Json, type SpaceSummary, defaultLimits } from '../../../packages/protocol/src';
import type {
  AuthorRequest,
  CallLog,
  CandidateEpisode,
  EventOf,
  KeptTrace,
  RunEvent,
  RunSettings,
  Score,
} from '@policybook/engine';
import type { PromptOptions } from '../../../packages/authors/src/prompt';
import type { RecordedCall } from '../../../packages/authors/src';
import type { AuthorDependencies } from '../../../packages/authors/src';
import type { OpenAiSettings } from '../../../packages/authors/src/openai-settings';
import { buildEvent, id, stateAfter } from '../../fixtures/run-events';
import { toySettings } from '../engine/simulation';

export { id, proposed, score } from '../../fixtures/run-events';

const space: SpaceSummary = {
  kind: 'Box',
  text: 'Box(-1, 1, (2,), float32)',
  shape: [2],
  dtype: 'float32',
  n: null,
  start: null,
  low: [-1, -1],
  high: [1, 1],
};

const facts = {
  observationSpace: space,
  actionSpace: { ...space, kind: 'Discrete' as const, text: 'Discrete(2)', n: 2, low: null, high: null },
  rewardThreshold: 475,
  maxEpisodeSteps: 500,
  fullEpisodeSteps: null,
  versions: {},
};

export const settings: RunSettings = toySettings({
  environment: { id: 'CartPole-v1', simulator: null, kwargs: {}, observe: null, maxEpisodeSteps: null },
  environmentName: 'CartPole-v1',
  observation: ['x', 'v'],
  seed: 7,
  policy: defaultLimits,
});

/** A prompt without the user's words and without a limit. */
export const PLAIN_PROMPT: PromptOptions = { instructions: null, mostTokens: null, allowsEdits: true };

/** The candidate became the champion with this score. */
export function promoted(candidate: number, value: Score): RunEvent {
  return buildEvent('champion_promoted', { candidate: id(candidate), score: value });
}

/** The challenger was compared with the champion, by default without a decision. */
export function compared(
  challenger: number,
  champion: number,
  change: Partial<EventOf<'challenger_compared'>> = {},
): RunEvent {
  return buildEvent('challenger_compared', { challenger: id(challenger), champion: id(champion), ...change });
}

/** The candidate played training seeds from 1 with these returns. */
export function raced(candidate: number, returns: readonly number[], dropped = false): RunEvent {
  const seeds = returns.map((_, index) => index + 1);
  const played = { seeds, returns: [...returns], actions: '0f3a9c21'.repeat(seeds.length) };
  return buildEvent('candidate_raced', { candidate: id(candidate), played, dropped });
}

export function rejected(candidate: number, reason: EventOf<'candidate_rejected'>['reason']): RunEvent {
  return buildEvent('candidate_rejected', { candidate: id(candidate), reason });
}

const refuse = () => Promise.resolve({ ok: false as const, message: 'nothing is left', failure: null });

/** Tools of a run in which nothing is left for them. */
const NO_TOOLS: AuthorRequest['tools'] = {
  episodesLeft: 0,
  probe: refuse,
  evaluate: refuse,
  trace: refuse,
  tune: refuse,
  note: () => Promise.resolve(),
  by: () => NO_TOOLS,
};

export interface RequestParts {
  /** Events of the run after its declaration. */
  readonly events?: readonly RunEvent[];
  readonly left?: Partial<AuthorRequest['left']>;
  /** What the author may have done before it answers; by default nothing. */
  readonly tools?: AuthorRequest['tools'];
  readonly signal?: AbortSignal;
  readonly generation?: number;
  /** By default that of the run. */
  readonly ownGeneration?: number;
  /** What is wrong with a text; by default nothing. */
  readonly check?: AuthorRequest['check'];
  /** The episodes of a candidate; none by default. */
  readonly episodes?: (candidate: number) => readonly CandidateEpisode[];
  /** What the parts of a candidate do; nothing is known by default. */
  readonly ablate?: AuthorRequest['ablate'];
  /** A replayed episode; none by default. */
  readonly replay?: (candidate: number, seed: number) => KeptTrace | null;
}

export function authorRequest(parts: RequestParts = {}): AuthorRequest {
  const { events = [], left = {}, generation = 0 } = parts;
  return {
    generation,
    ownGeneration: parts.ownGeneration ?? generation,
    settings,
    facts,
    state: stateAfter([buildEvent('run_declared', { settings, facts }), ...events]),
    episodes: (candidate) => Promise.resolve(parts.episodes?.(Number(candidate)) ?? []),
    replay: (candidate, seed) => Promise.resolve(parts.replay?.(Number(candidate), seed) ?? null),
    ablate: parts.ablate ?? (() => Promise.resolve(null)),
    source: (number) => `def act(observation):\n    return ${number}\n`,
    left: { episodes: null, steps: null, calls: null, tokens: null, money: null, ...left },
    check: parts.check ?? (() => Promise.resolve({ failure: null, usage: {} })),
    tools: parts.tools ?? NO_TOOLS,
    signal: parts.signal ?? new AbortController().signal,
  };
}

/** What reads the record of another run, where there is none. */
export function failToRead(run: string): Promise<Failure> {
  return Promise.resolve({ ok: false, code: 'no_such_run', message: `there is no run ${run}`, detail: null });
}

/** A call log that keeps what it is given, in order. */
export class MemoryCalls implements CallLog {
  readonly entries = new Map<string, { request: Json; response: Json | null }>();
  readonly log: string[] = [];

  find(hash: string): Promise<{ request: Json; response: Json | null } | undefined> {
    return Promise.resolve(this.entries.get(hash));
  }

  intend(hash: string, request: Json): Promise<void> {
    this.log.push('intend');
    this.entries.set(hash, { request, response: null });
    return Promise.resolve();
  }

  answer(hash: string, response: Json): Promise<void> {
    this.log.push('answer');
    this.entries.set(hash, { request: this.entries.get(hash)?.request ?? null, response });
    return Promise.resolve();
  }
}

/** Lists the calls of a log as the record of a run has them. */
export function listCalls({ entries }: MemoryCalls): RecordedCall[] {
  return [...entries].map(([hash, call]) => ({ hash, ...call }));
}

export function openAiSettings(members: Partial<OpenAiSettings> = {}): OpenAiSettings {
  return {
    kind: 'openai',
    model: 'test-model',
    baseUrl: null,
    keyVariable: 'TEST_KEY',
    temperature: null,
    maxTokens: 4000,
    price: null,
    instructions: null,
    ...members,
  };
}

/** What an author's dependencies have for other kinds of authors, and it does not use. */
export const UNUSED_PORTS: Pick<
  AuthorDependencies,
  'announceServer' | 'openRequests' | 'readRecordedAnswers' | 'runProgram' | 'waitForMessage'
> = {
  announceServer: () => Promise.reject(new Error('this author lets nobody in')),
  openRequests: () => {
    throw new Error('this author asks by no folder');
  },
  waitForMessage: null,
  runProgram: () => Promise.reject(new Error('this author runs no program')),
  readRecordedAnswers: failToRead,
};
