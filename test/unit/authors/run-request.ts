/** A run's state as authors are shown it, for their tests. */
import { type Json, type SpaceSummary, defaultLimits } from '../../../packages/protocol/src';
import type {
  AuthorRequest,
  AuthorSettings,
  CallLog,
  Candidate,
  CandidateId,
  RunSettings,
  Score,
} from '@policybook/engine';
import { candidateId } from '../../../packages/engine/src/events';

export function id(number: number): CandidateId {
  return candidateId.parse(number);
}

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

export const settings: RunSettings = {
  environment: { id: 'CartPole-v1', simulator: null, kwargs: {}, observe: null, maxEpisodeSteps: null },
  environmentName: 'CartPole-v1',
  observation: ['x', 'v'],
  author: { kind: 'search' },
  budget: { episodes: 100, steps: null, cpuSeconds: null, wallSeconds: null, calls: null, tokens: null, money: null },
  seed: 7,
  returns: null,
  racing: { seeds: 4, most: 32 },
  acceptance: { confidence: 0.95, minEffect: null, budgetShare: 0.4 },
  errorRate: 'per_comparison',
  simplify: true,
  tune: true,
  policy: defaultLimits,
  start: null,
};

export function score(mean: number): Score {
  return { mean, low: mean - 10, high: mean + 10, deviation: 5, episodes: 32 };
}

const meter = {
  episodes: 0,
  steps: 0,
  modelSteps: 0,
  calls: 0,
  tokensIn: 0,
  tokensOut: 0,
  money: 0,
};

export function candidate(number: number, members: Partial<Candidate> = {}): Candidate {
  return {
    id: id(number),
    generation: 0,
    parent: null,
    kind: 'structural',
    label: `label ${number}`,
    idea: `idea ${number}`,
    policy: `000${number}-abc.py`,
    hash: 'abc',
    treeHash: null,
    baseline: false,
    tunable: 0,
    size: { lines: 3, branches: 0, nodes: 9, constants: 1 },
    readded: null,
    training: new Map(),
    score: null,
    verdict: null,
    failure: null,
    duplicateOf: null,
    at: meter,
    ...members,
  };
}

export interface RequestParts {
  readonly candidates?: readonly Candidate[];
  readonly champion?: number;
  readonly findings?: readonly string[];
  readonly left?: Partial<AuthorRequest['left']>;
  readonly signal?: AbortSignal;
  readonly generation?: number;
}

export function authorRequest(parts: RequestParts = {}): AuthorRequest {
  const { candidates = [], champion, findings = [], left = {}, generation = 0 } = parts;
  const facts = {
    observationSpace: space,
    actionSpace: { ...space, kind: 'Discrete', text: 'Discrete(2)', n: 2 },
    rewardThreshold: 475,
    maxEpisodeSteps: 500,
    fullEpisodeSteps: null,
    versions: {},
  };
  const championHistory =
    champion === undefined
      ? []
      : [{ candidate: id(champion), kind: 'structural' as const, score: score(200), at: meter }];
  return {
    generation,
    settings,
    facts,
    state: {
      run: 'first',
      settings,
      facts,
      generation,
      candidates: new Map(candidates.map((each) => [each.id, each])),
      championHistory: championHistory,
      findings,
      usage: meter,
      race: null,
      comparisons: 0,
      acceptances: 0,
      falseAcceptances: 0,
      alarms: [],
      jittered: null,
      proxyChecked: false,
      observed: null,
      outside: 0,
      audits: [],
      stopped: null,
    },
    source: (number) => `def act(observation):\n    return ${number}\n`,
    left: { episodes: null, steps: null, calls: null, tokens: null, money: null, ...left },
    signal: parts.signal ?? new AbortController().signal,
  };
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

export type OpenAiSettings = Extract<AuthorSettings, { kind: 'openai' }>;

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
