/**
 * A world small enough to know the truth of: a policy is a JSON text that says how good it is, an episode's return
 * is drawn from its seed. Seeds matter to all policies alike, as in a real environment, so that pairing pays.
 */
import { z } from 'zod';
import { computeSha256 } from '../../../packages/engine/src/index';
import type {
  EnvironmentFacts,
  EvaluatorMethod,
  EvaluatorProgress,
  Failure,
  MethodParams,
  MethodResult,
  PolicyFailure,
  Result,
} from '../../../packages/protocol/src';
import { UNLIMITED_BUDGET, writeCanonicalJson } from '../../../packages/protocol/src';
import type {
  Author,
  AuthorRequest,
  CandidateId,
  Clock,
  Clocks,
  Evaluator,
  KeptEpisode,
  Journal,
  Proposal,
  RunEvent,
  RunSettings,
} from '../../../packages/engine/src/index';

const toyPolicy = z.strictObject({
  mean: z.number(),
  /** Deviation that all policies share on a seed, and that of this policy's own. */
  luck: z.number().optional(),
  noise: z.number().optional(),
  /** Probability of an episode that returns −100. */
  crash: z.number().optional(),
  /** The one seed on which it returns −120. */
  fallsOn: z.number().optional(),
  /** The one seed on which it returns −120 without its lines too many. */
  needsExcessOn: z.number().optional(),
  /** What tuning would add to the mean, half of it at a time. */
  slack: z.number().optional(),
  /** The value of its marked constant, and the upper end of that one's range. */
  gain: z.number().optional(),
  range: z.number().optional(),
  /** Lines that simplification would take away for free. */
  excess: z.number().optional(),
  /** Nothing but another text for the same actions. */
  alias: z.number().optional(),
  /** What it loses when its constants are a little off. */
  edge: z.number().optional(),
  /** What it gains on the seeds of `ToyEvaluator.known`. */
  memory: z.number().optional(),
  /** What it loses when episodes are as long as can be. */
  stamina: z.number().optional(),
  /** Fails when run, at once or in its third episode, or does not even parse. */
  broken: z.enum(['raised', 'later', 'syntax_error']).optional(),
});
export type ToyPolicy = z.infer<typeof toyPolicy>;

export const toyFacts: EnvironmentFacts = {
  observationSpace: space('Box(1)'),
  actionSpace: space('Discrete(2)'),
  rewardThreshold: null,
  maxEpisodeSteps: 50,
  fullEpisodeSteps: null,
  versions: { python: '3.11.2' },
};

function space(text: string): EnvironmentFacts['actionSpace'] {
  return { kind: 'Box', text, shape: [1], dtype: 'float32', n: null, start: null, low: null, high: null };
}

export function toySettings(change: Partial<RunSettings> = {}): RunSettings {
  return {
    environment: { id: 'Toy-v0', simulator: null, kwargs: {}, observe: null, maxEpisodeSteps: null },
    environmentName: 'Toy-v0',
    observation: null,
    author: { kind: 'search' },
    budget: { ...UNLIMITED_BUDGET, episodes: 3000 },
    seed: 0,
    returns: null,
    racing: { seeds: 4, most: 32 },
    acceptance: { confidence: 0.95, minEffect: null, budgetShare: 0.4 },
    errorRate: 'per_comparison',
    simplify: true,
    tune: true,
    policy: { stepMs: 100, importMs: 1000, memoryMb: 256, imports: [] },
    start: null,
    ...change,
  };
}

/** A clock that stands still: what a run does must not depend on the time that it takes. */
export const stillClock: Clock = { now: () => 0, callAfter: () => () => undefined };

export function toySource(policy: ToyPolicy): string {
  return writeCanonicalJson(policy);
}

/** Two numbers, uniform in [0, 1), by name. */
export function chances(...name: (string | number)[]): [number, number] {
  const digest = computeSha256(JSON.stringify(name));
  return [parseInt(digest.slice(0, 12), 16) / 2 ** 48, parseInt(digest.slice(12, 24), 16) / 2 ** 48];
}

export function normal(...name: (string | number)[]): number {
  const [radius, angle] = chances(...name);
  return Math.sqrt(-2 * Math.log(1 - radius)) * Math.cos(2 * Math.PI * angle);
}

export function toyReturn(policy: ToyPolicy, seed: number): number {
  const { mean, luck = 0, noise = 0, crash = 0 } = policy;
  if (policy.fallsOn === seed || (policy.needsExcessOn === seed && !policy.excess)) return -120;
  const own = toySource(policy);
  if (crash > 0 && chances(seed, own, 'crash')[0] < crash) return -100;
  return mean + (luck && luck * normal(seed)) + (noise && noise * normal(seed, own));
}

/** Counts what it was really asked to do, so that tests can tell playing from playing back. */
export class ToyEvaluator implements Evaluator {
  readonly asked: EvaluatorMethod[] = [];
  episodes = 0;
  /**
   * Requests that were played: as the real one, it plays the episodes of a request once, however often that is made. What is
   * begun ahead of a text's first episode, and given up where that fails, counts nowhere.
   */
  private readonly played = new Set<string>();
  /** Seeds that policies with `memory` have seen. */
  known: ReadonlySet<number> = new Set();
  /** How often the simplifier would play its episodes again. */
  replays = 1;
  /** What each request to simplify asked for. */
  readonly simplified: Omit<MethodParams<'simplify'>, 'environment' | 'limits' | 'source'>[] = [];
  /** Microtasks that the nth request takes. */
  latency: (request: number) => number = (request) => (request * 7) % 5;
  /** Of each request for episodes. */
  cpuSeconds = 0.1;
  /** What every return is off by. */
  drift = 0;
  /** Steps of an episode. */
  steps: (policy: ToyPolicy) => number = () => 10;
  /** Whether the environment ends the episode of a policy on a seed by a fault, so that another seed takes its place. */
  loses: (policy: ToyPolicy, seed: number) => boolean = () => false;
  /** Called before each request; a failure that it returns is the answer. */
  interfere: (method: EvaluatorMethod, params: unknown) => Failure | undefined = () => undefined;

  async request<M extends EvaluatorMethod>(
    method: M,
    params: MethodParams<M>,
    options: { signal: AbortSignal; onProgress?: (progress: EvaluatorProgress) => void },
  ): Promise<Result<MethodResult<M>>> {
    this.asked.push(method);
    const failure = this.interfere(method, params);
    if (failure !== undefined) return failure;
    // Requests end in another order than they began, as they do with several workers.
    for (let tick = this.latency(this.asked.length); tick > 0; tick--) await Promise.resolve();
    if (options.signal.aborted) return { ok: false, code: 'cancelled', message: 'cancelled', detail: null };
    options.onProgress?.({ episodes: 1, steps: 10 });
    const answer: Answers[M] = this.answers[method];
    return answer(params);
  }

  private readonly answers: Answers = {
    doctor: () => unsupported,
    'sandbox.level': () => ({ ok: true, value: { level: 4 } }),
    'environment.describe': () => ({ ok: true, value: { facts: toyFacts, watched: [] } }),
    'environment.list': () => ({ ok: true, value: { ids: ['Toy-v0'] } }),
    'environment.probe': ({ episodes }) => ({
      ok: true,
      value: {
        findings: ['action 1 lifts x'],
        ranges: [{ path: '0', low: -1, high: 2 }],
        usage: { episodes, steps: 10 * episodes, modelSteps: 0, cpuSeconds: 0.1 },
      },
    }),
    'policy.describe': ({ source }) => this.describe(source),
    'policy.ablate': () => unsupported,
    evaluate: (params) => this.evaluateOnce(params),
    'search.propose': () => unsupported,
    tune: ({ source, episodes, steps }) => this.tune(source, episodes, steps),
    jitter: ({ source, seeds }) => this.jitter(source, seeds),
    'actions.compare': ({ seeds, sources }) => alike(seeds, sources),
    simplify: (params) => this.simplify(params),
    'policy.export': () => unsupported,
    'policy.inline': () => unsupported,
    'folder.describe': () => unsupported,
    'policy.time': () => ({ ok: true, value: { coldStartMs: 3, decisionUs: 2 } }),
    'baseline.texts': () => unsupported,
    'agent.text': () => unsupported,
    'agent.train': () => unsupported,
    'figure.png': () => unsupported,
    trace: ({ source, seed }) => this.trace(source, seed),
  };

  private describe(source: string): Result<MethodResult<'policy.describe'>> {
    const policy = parse(source);
    if (policy.broken === 'syntax_error') {
      return { ok: false, code: 'syntax_error', message: 'not Python', detail: null };
    }
    const { gain: value = 1, range: high = 2, ...tree } = policy;
    const tunable = { name: 'GAIN', value, low: 0, high, integer: false, log: false };
    return {
      ok: true,
      value: {
        hash: computeSha256(source),
        treeHash: computeSha256(`tree of ${writeCanonicalJson({ ...tree, gain: value })}`),
        size: {
          lines: 5 + (policy.excess ?? 0),
          branches: 1,
          nodes: 20 + 3 * (policy.excess ?? 0),
          constants: 2,
        },
        tunable: policy.slack === undefined ? [] : [tunable],
      },
    };
  }

  private evaluateOnce(params: MethodParams<'evaluate'>): Result<MethodResult<'evaluate'>> {
    const before = this.episodes;
    const { source, seeds, environment } = params;
    const isBroken = parse(source).broken === 'raised';
    const key = writeCanonicalJson([source, isBroken ? [] : seeds, environment]);
    const result = this.evaluate(source, seeds, environment);
    if (this.played.has(key)) this.episodes = before;
    this.played.add(key);
    return result;
  }

  private evaluate(
    source: string,
    seeds: readonly number[],
    { maxEpisodeSteps, resetOptions = {} }: MethodParams<'evaluate'>['environment'],
  ): Result<MethodResult<'evaluate'>> {
    const policy = parse(source);
    if (policy.broken === 'raised') {
      this.episodes += 1;
      const failure = { ...raised, seed: seeds[0] ?? 1 };
      return { ok: true, value: { episodes: [], failure, cpuSeconds: this.cpuSeconds, level: 4 } };
    }
    this.episodes += seeds.length;
    let lost = 0;
    const replaced = seeds.map((drawn) => {
      let seed = drawn;
      for (; this.loses(policy, seed); lost++) seed += NEXT_SEED;
      return seed;
    });
    const whole = policy.broken === 'later' ? replaced.slice(0, 2) : replaced;
    const episodes = whole.map((seed) => ({
      seed,
      return:
        toyReturn(policy, seed) * Number(resetOptions['worth'] ?? 1) +
        this.drift +
        (this.known.has(seed) ? (policy.memory ?? 0) : 0) -
        (maxEpisodeSteps === null ? (policy.stamina ?? 0) : 0),
      steps: this.steps(policy),
      terminated: true,
      truncated: false,
      actionHash: computeSha256(source).slice(0, 16),
      trajectoryHashes: { every: 10, hashes: computeSha256(source).slice(0, 3) },
      course: { rewardByTenth: Array<number>(10).fill(0), flags: [], terms: {} },
    }));
    const failure = whole.length < seeds.length ? { ...raised, seed: replaced[2] ?? 1 } : null;
    const losses = lost === 0 ? {} : { lost, fault: 'RuntimeError: lost (seed 1, step 1)' };
    return {
      ok: true,
      value: { episodes, failure, ...losses, cpuSeconds: this.cpuSeconds, level: 4 },
    };
  }

  private trace(source: string, seed: number): Result<MethodResult<'trace'>> {
    const policy = parse(source);
    const length = this.steps(policy);
    const total = toyReturn(policy, seed) + this.drift;
    const step = {
      lines: [],
      variables: {},
      observation: [0.5],
      action: 1,
      reward: total / length,
      png: null,
    };
    const value = {
      ...{
        return: total,
        terminated: true,
        truncated: false,
        actionHash: '',
        filmstrip: null,
        failure: null,
      },
      trajectoryHashes: { every: 1, hashes: '' },
      steps: Array.from({ length }, () => step),
    };
    return { ok: true, value };
  }

  private tune(source: string, most: number, steps: number | null): Result<MethodResult<'tune'>> {
    const { slack = 0, ...policy } = parse(source);
    const episodes = Math.min(most, 100, Math.floor((steps ?? Infinity) / this.steps(policy)));
    this.episodes += episodes;
    const mean = policy.mean + slack / 2;
    const usage = { episodes, steps: this.steps(policy) * episodes, modelSteps: 0, cpuSeconds: 1 };
    const tuned = toySource({ ...policy, mean, slack: slack / 2 });
    return { ok: true, value: { source: tuned, usage, generations: [{ mean, best: mean, episodes }] } };
  }

  private jitter(source: string, seeds: readonly number[]): Result<MethodResult<'jitter'>> {
    const { edge = 0, ...policy } = parse(source);
    this.episodes += seeds.length;
    const returns = seeds.map((seed) => toyReturn(policy, seed) - edge);
    const steps = this.steps(policy) * seeds.length;
    const usage = { episodes: seeds.length, steps, modelSteps: 0, cpuSeconds: 1 };
    return { ok: true, value: { seeds: [...seeds], returns, usage } };
  }

  private simplify({
    source,
    seeds,
    variantEnvironments,
    mostReplays,
    mostReplayedSteps,
    mostVariants,
  }: MethodParams<'simplify'>): Result<MethodResult<'simplify'>> {
    const { excess = 0, ...policy } = parse(source);
    const episodes = variantEnvironments.reduce((sum, each) => sum + each.seeds.length, seeds.length);
    this.simplified.push({ seeds, variantEnvironments, mostReplays, mostReplayedSteps, mostVariants });
    this.episodes += episodes;
    const identical = excess === 0 ? null : { source: toySource(policy), edits: ['dropped dead branches'] };
    const variants = [
      { label: 'worse', source: toySource({ ...policy, mean: -50 }) },
      { label: 'alike', source: toySource({ ...policy, mean: policy.mean - 0.01 }) },
    ].slice(excess === 0 ? 2 : 0, mostVariants);
    const usage = { episodes, steps: this.steps(policy) * episodes, modelSteps: 0, cpuSeconds: 1 };
    const isCutShort = this.replays > mostReplays;
    const replayedSteps = Math.min(this.replays, mostReplays) * usage.steps;
    const unexercised = [{ kind: 'never_reached' as const, first: 1, last: 2 }];
    return { ok: true, value: { identical, variants, unexercised, replayedSteps, isCutShort, usage } };
  }
}

type Answers = { [M in EvaluatorMethod]: (params: MethodParams<M>) => Result<MethodResult<M>> };

/** What a seed that takes the place of a lost one is greater by. */
export const NEXT_SEED = 2 ** 40;

const unsupported: Failure = { ok: false, code: 'unsupported', message: 'not simulated', detail: null };
const raised: PolicyFailure = {
  code: 'raised',
  message: 'ZeroDivisionError',
  line: 3,
  column: 1,
  seed: 1,
  step: 4,
};

/** Two texts act alike that differ in their alias, or in lines too many. */
function alike(
  seeds: readonly number[],
  sources: readonly string[],
): Result<MethodResult<'actions.compare'>> {
  const behaviours = sources.map((source) => {
    return writeCanonicalJson({ ...parse(source), alias: 0, excess: 0 });
  });
  const same = behaviours.map((behaviour, index) => {
    const first = behaviours.indexOf(behaviour);
    return first === index ? null : first;
  });
  const usage = { episodes: 0, steps: 0, modelSteps: 0, cpuSeconds: 0.1 };
  return { ok: true, value: { same, observations: 10 * seeds.length, usage } };
}

function parse(source: string): ToyPolicy {
  return toyPolicy.parse(JSON.parse(source));
}

/** Proposes what it was given, a generation at a time. */
export class ScriptedAuthor implements Author {
  readonly kind = 'search';
  readonly spendsModelCalls = false;
  readonly hasIndependentSamples = false;
  readonly heard: AuthorRequest[] = [];

  /** `baseline`: the very first policy is what everything else must beat. */
  constructor(
    private readonly generations: readonly (readonly ToyPolicy[])[],
    private readonly baseline = true,
  ) {}

  propose(request: AuthorRequest): ReturnType<Author['propose']> {
    this.heard.push(request);
    const policies = this.generations[request.generation] ?? [];
    const proposals = policies.map((policy, index): Proposal => {
      const label = `idea ${request.generation}.${index}`;
      const baseline = this.baseline && request.generation === 0 && index === 0;
      return { label, idea: 'An idea.', source: toySource(policy), baseline };
    });
    const exhausted = request.generation + 1 >= this.generations.length;
    const usage = { episodes: 5, steps: 40 };
    return Promise.resolve({
      ok: true,
      value: { proposals, findings: ['the floor is flat'], exhausted, call: null, usage },
    });
  }
}

/** A run folder in memory. */
export class MemoryJournal implements Journal {
  readonly events: RunEvent[] = [];
  readonly clocks: Clocks[] = [];
  readonly followed = new Map<string, KeptEpisode[]>();

  constructor(private readonly policies = new Map<string, string>()) {}

  /** Called before each event is kept. */
  beforeAppend: (event: RunEvent) => void = () => undefined;

  append(event: RunEvent, clocks: Clocks): Promise<void> {
    this.beforeAppend(event);
    this.events.push(event);
    this.clocks.push(clocks);
    return Promise.resolve();
  }

  keepPolicy(candidate: CandidateId, hash: string, source: string): Promise<string> {
    const file = `${String(candidate).padStart(4, '0')}-${hash.slice(0, 8)}.py`;
    this.policies.set(file, source);
    return Promise.resolve(file);
  }

  readPolicy(file: string): Promise<string> {
    const source = this.policies.get(file);
    return source === undefined ? Promise.reject(new Error(`no ${file}`)) : Promise.resolve(source);
  }

  keepEpisodes(hash: string, episodes: readonly KeptEpisode[]): Promise<void> {
    this.followed.set(hash, [...(this.followed.get(hash) ?? []), ...episodes]);
    return Promise.resolve();
  }

  readEpisodes(hash: string): Promise<ReadonlyMap<number, KeptEpisode>> {
    return Promise.resolve(
      new Map((this.followed.get(hash) ?? []).map((episode) => [episode.seed, episode] as const)),
    );
  }

  /** What is left of it after a crash that cut the record after `events`. */
  cut(events: number): { journal: MemoryJournal; record: RunEvent[] } {
    return { journal: new MemoryJournal(this.policies), record: this.events.slice(0, events) };
  }
}
