/** Brings a comparison's policies: reads those that are there, learns and trains the others. */
import { basename, join } from 'node:path';
import { sampleIndependently } from '@policybook/authors';
import { findScoredChampion } from '@policybook/views';
import {
  choiceSeeds,
  fold,
  countReplicates,
  type Candidate,
  type ContestantSettings,
  type ProvidedContestant,
  type ContestantProvider,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import {
  trimUsage,
  UNLIMITED_BUDGET,
  type Failure,
  type ResourceUsage,
  type Result,
} from '@policybook/protocol';
import { readPolicy, readRun, type ComparisonFolder } from '@policybook/store';
import { findAuthorObstacle } from '@policybook/authors';
import { isFinished, openReplicates } from '../learn/open';
import { planReplicate, type RunPlan } from '../learn/plan';
import { runReplicate } from '../learn/session';
import type { Notebook } from '../notebook/notebook';
import type { NamedPolicy } from '../notebook/references';
import type { OutputSink } from '../outputs/output-sink';
import { readAgentFile } from './contestants';
import type { ComparisonPlan } from './plan';

type Context = Parameters<ContestantProvider['provide']>[2];

/** Provides the contestants of a `%%compare` cell; what has to be learned leaves run folders next to the comparison's. */
export class CellContestantProvider implements ContestantProvider {
  constructor(
    private readonly notebook: Notebook,
    private readonly plan: ComparisonPlan,
    private readonly folder: ComparisonFolder,
    private readonly sink: OutputSink,
  ) {}

  provide(
    contestant: ContestantSettings,
    member: number,
    context: Context,
  ): Promise<Result<ProvidedContestant>> {
    const { origin } = contestant;
    switch (origin.kind) {
      case 'policies':
        return this.readKnown(contestant.name, member);
      case 'baseline':
        return this.writeBaseline(origin, context);
      case 'agent':
        return this.readAgent(origin.file, context);
      case 'training':
        return this.trainAgent(contestant.name, origin, member, context);
      case 'author': {
        const whole = this.planRun(origin.run, origin.settings, origin.repeat);
        return this.learn(whole, planReplicate(whole, member), context);
      }
      case 'sampling':
        return this.sampleModel(origin, member, context);
    }
  }

  private async readKnown(name: string, member: number): Promise<Result<ProvidedContestant>> {
    const policy = this.plan.policies.get(name)?.[member - 1];
    if (policy === undefined) return failure('no_such_policy', `there is no policy ${member}`);
    const { origin, reference, source } = policy;
    const run = origin === null ? null : await readLearnedRun(this.notebook, origin.run);
    const candidate = origin?.state.candidates.get(origin.candidate);
    const texts = [{ label: candidate?.label ?? reference, source }];
    const whole = isChampionOfRun(policy);
    return entrant(reference, texts, costOf(policy, candidate), {
      learningCpuSeconds: whole ? (run?.cpuSeconds ?? null) : null,
      learningWallSeconds: whole ? (run?.wallSeconds ?? null) : null,
    });
  }

  private async writeBaseline(
    { baseline, action }: Extract<ContestantSettings['origin'], { kind: 'baseline' }>,
    { signal }: Context,
  ): Promise<Result<ProvidedContestant>> {
    const params = { environment: this.plan.environment.environment, baseline, action };
    const texts = await this.notebook.evaluator.request('baseline.texts', params, { signal });
    return texts.ok ? entrant(null, texts.value.texts, {}, UNKNOWN_CLOCKS) : texts;
  }

  private async readAgent(path: string, { signal }: Context): Promise<Result<ProvidedContestant>> {
    const file = await readAgentFile(this.notebook, path);
    if (!file.ok) return file;
    return this.exportAgent(path, file.value, signal);
  }

  private async trainAgent(
    name: string,
    { algorithm, steps, settings }: Extract<ContestantSettings['origin'], { kind: 'training' }>,
    member: number,
    { state, signal, onActivity }: Context,
  ): Promise<Result<ProvidedContestant>> {
    const [seed = 0] = choiceSeeds(state.settings.seed, name, member, 1);
    const params = { environment: this.plan.environment.environment, algorithm, steps, seed, settings };
    const trained = await this.notebook.evaluator.request('agent.train', params, {
      signal,
      onProgress: ({ steps: done = 0 }) => {
        onActivity(
          `training ${name}, ${done.toLocaleString('en-US')} of ${steps.toLocaleString('en-US')} steps`,
        );
      },
    });
    if (!trained.ok) return trained;
    const file = Buffer.from(trained.value.file, 'base64');
    await this.folder.keepAgent(`${name}-${member}`, file);
    return this.exportAgent(`${name}-${member}`, file, signal);
  }

  private async exportAgent(
    label: string,
    file: Buffer,
    signal: AbortSignal,
  ): Promise<Result<ProvidedContestant>> {
    const text = await this.notebook.evaluator.request(
      'agent.text',
      { file: file.toString('base64') },
      { signal },
    );
    if (!text.ok) return text;
    const { source, algorithm, weights, steps, cpuSeconds } = text.value;
    const words = `${algorithm}, ${weights.toLocaleString('en-US')} weights`;
    const usage = steps === null || steps === 0 ? {} : { steps };
    return entrant(label, [{ label: words, source }], usage, {
      learningCpuSeconds: cpuSeconds,
      learningWallSeconds: null,
    });
  }

  /** As many tokens and episodes as the original took, and nothing remembered from one answer to the next. */
  private async sampleModel(
    { of, run }: Extract<ContestantSettings['origin'], { kind: 'sampling' }>,
    member: number,
    context: Context,
  ): Promise<Result<ProvidedContestant>> {
    const original = context.state.settings.contestants.find(({ name }) => name === of);
    const before = original === undefined ? null : findRunOf(original, member);
    const spent = before === null ? null : await readLearnedRun(this.notebook, before);
    if (original === undefined || spent === null) return failure('no_such_run', `the run of ${of} is gone`);
    const { settings, usage } = spent.state;
    const author = sampleIndependently(settings.author);
    if (author === null) return failure('no_model', `${of} has no model as author`);
    const base: RunSettings = {
      ...settings,
      author,
      tune: false,
      simplify: false,
      start: null,
    };
    const tokens = usage.tokensIn + usage.tokensOut;
    const own: RunSettings = {
      ...base,
      budget: {
        ...UNLIMITED_BUDGET,
        episodes: Math.max(settings.racing.seeds, usage.episodes),
        ...(tokens > 0 ? { tokens } : { calls: Math.max(1, usage.calls) }),
      },
    };
    // The whole is declared as what its replicates have in common; what one of them may spend is its own matter.
    const repeat = countReplicates(context.state.settings, original);
    const whole = this.planRun(run, { ...base, seed: context.state.settings.seed }, repeat);
    return this.learn(whole, { ...planReplicate(whole, member), settings: own }, context);
  }

  /** The plan of a contestant's run: as a `%%learn` cell's, in the environment of the comparison. */
  private planRun(run: string, settings: RunSettings, repeat: number): RunPlan {
    const { cell, environment } = this.plan;
    return {
      run,
      cell: cell.code,
      environment,
      settings,
      repeat,
      background: false,
      again: false,
      obstacle: findAuthorObstacle(settings.author, this.notebook.services.env),
    };
  }

  /** Learns one replicate of a contestant's run. The whole is open meanwhile, so that no other kernel moves it away. */
  private async learn(
    whole: RunPlan,
    replicate: RunPlan,
    { signal, onActivity }: Context,
  ): Promise<Result<ProvidedContestant>> {
    const opened = await openReplicates(this.notebook, whole);
    if (!opened.ok) return opened;
    const { path, replaced } = opened.value;
    if (replaced !== null) this.sink.stream('stdout', `an earlier run ${whole.run} is now ${replaced}\n`);
    try {
      const observer = {
        event: () => undefined,
        progress: ({ activity, episodes }: { activity: string; episodes: number }) => {
          onActivity(`${replicate.run}: ${activity}, ${episodes.toLocaleString('en-US')} episodes`);
        },
      };
      const stream: OutputSink['stream'] = (name, text) => {
        this.sink.stream(name, text);
      };
      const state = await runReplicate(this.notebook, replicate, observer, { signal, stream });
      if (!state.ok) return state;
      return await this.takeChampion(join(path, basename(replicate.run)), replicate.run, state.value);
    } finally {
      await opened.value.close();
    }
  }

  private async takeChampion(
    folder: string,
    run: string,
    state: RunState,
  ): Promise<Result<ProvidedContestant>> {
    const { stopped } = state;
    if (!isFinished(state)) {
      const code = stopped?.reason === 'interrupted' ? 'cancelled' : 'run_failed';
      return failure(code, `${run}: ${stopped?.message ?? 'it did not end'}`);
    }
    const champion = findChampion(state);
    if (champion === null) return failure('no_champion', `${run} found no policy: ${stopped?.message ?? ''}`);
    const { policy, reference, label } = champion;
    const texts = [{ label, source: await readPolicy(folder, policy) }];
    const recorded = await readLearnedRun(this.notebook, run);
    const clocks = {
      learningCpuSeconds: recorded?.cpuSeconds ?? null,
      learningWallSeconds: recorded?.wallSeconds ?? null,
    };
    return entrant(reference, texts, trimUsage(state.usage), clocks);
  }
}

const UNKNOWN_CLOCKS: ProvidedContestant['learning'] = {
  learningCpuSeconds: null,
  learningWallSeconds: null,
};

function entrant(
  reference: string | null,
  texts: ProvidedContestant['texts'],
  usage: ResourceUsage,
  learning: ProvidedContestant['learning'],
): Result<ProvidedContestant> {
  return { ok: true, value: { reference, texts, usage, learning } };
}

/** A run's best took the whole run; an earlier candidate what had been spent when it was measured. */
function costOf(policy: NamedPolicy, candidate: Candidate | undefined): ResourceUsage {
  if (policy.origin === null) return {};
  const { usage } = policy.origin.state;
  return trimUsage(isChampionOfRun(policy) || candidate === undefined ? usage : candidate.at);
}

function isChampionOfRun({ origin }: NamedPolicy): boolean {
  return origin !== null && origin.state.championHistory.at(-1)?.candidate === origin.candidate;
}

function failure(code: string, message: string): Failure {
  return { ok: false, code, message, detail: null };
}

interface LearnedRun {
  readonly state: RunState;
  /** Seconds that it took. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** A run as its folder has it by now; `null` where it cannot be read. */
async function readLearnedRun(notebook: Notebook, run: string): Promise<LearnedRun | null> {
  const stored = await readRun(notebook.runsFolder, run);
  const state = stored.ok ? fold(stored.value.events) : null;
  return stored.ok && state !== null ? { state, ...stored.value.clocks } : null;
}

/** Names the run that a contestant's replicate was learned in; `null` for one that was not learned in a run. */
function findRunOf({ origin }: ContestantSettings, replicate: number): string | null {
  if (origin.kind === 'author') return `${origin.run}/${replicate}`;
  if (origin.kind !== 'policies') return null;
  const reference = origin.policies[replicate - 1]?.reference ?? '';
  return /^(?<run>[^@]+)@\d+$/u.exec(reference)?.groups?.['run'] ?? null;
}

/** The champion of a run, as a contestant. */
function findChampion(
  state: RunState,
): { readonly policy: string; readonly reference: string; readonly label: string } | null {
  const champion = findScoredChampion(state);
  if (champion === null) return null;
  const { id, policy, label } = champion.candidate;
  return { policy, reference: `${state.run}@${id}`, label };
}
