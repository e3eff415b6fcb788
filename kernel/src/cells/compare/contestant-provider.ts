/** Brings a comparison's policies: reads those that are there, learns and trains the others. */
import { join } from 'node:path';
import type { Failure, Result } from '@policybook/protocol';
import {
  addTotals,
  choiceSeeds,
  memberCount,
  type Candidate,
  type ContestantSettings,
  type Cost,
  type Entrant,
  type Recruiting,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import { openRepeats, readPolicy, type ComparisonFolder } from '@policybook/store';
import type { CellFailure } from '../errors/cell-failure';
import { isFinished } from '../learn/run';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import type { NamedPolicy } from '../notebook/references';
import { searchOnce, searchSettings } from '../learn/replicates';
import type { OutputSink } from '../outputs/output-sink';
import { agentFile, championText, learnedRun, runOfMember, type Policies } from './contestants';

type Context = Parameters<Recruiting['recruit']>[2];

export class CellContestantProvider implements Recruiting {
  constructor(
    private readonly notebook: Notebook,
    private readonly environment: DeclaredEnvironment,
    private readonly policies: Policies,
    private readonly folder: ComparisonFolder,
    private readonly cell: string,
    private readonly sitting: OutputSink,
  ) {}

  recruit(contestant: ContestantSettings, member: number, context: Context): Promise<Result<Entrant>> {
    const { origin } = contestant;
    switch (origin.kind) {
      case 'policies':
        return this.known(contestant.name, member);
      case 'baseline':
        return this.baseline(origin, context);
      case 'agent':
        return this.agent(origin.file, context);
      case 'training':
        return this.trained(contestant.name, origin, member, context);
      case 'author':
        return this.searched(
          { run: origin.run, repeat: origin.repeat, whole: origin.settings },
          member,
          searchSettings(origin.settings, member),
          context,
        );
      case 'sampling':
        return this.sampled(origin, member, context);
    }
  }

  private async known(name: string, member: number): Promise<Result<Entrant>> {
    const policy = this.policies.get(name)?.[member - 1];
    if (policy === undefined) return failure('no_such_policy', `there is no policy ${member}`);
    const { origin, reference, source } = policy;
    const run = origin === null ? null : await learnedRun(this.notebook, origin.run);
    const candidate = origin?.state.candidates.get(origin.candidate);
    const texts = [{ label: candidate?.label ?? reference, source }];
    const whole = isReigning(policy);
    return entrant(reference, texts, costOf(policy, candidate), {
      learningCpu: whole ? (run?.cpu ?? null) : null,
      learningElapsed: whole ? (run?.elapsed ?? null) : null,
    });
  }

  private async baseline(
    { baseline, action }: Extract<ContestantSettings['origin'], { kind: 'baseline' }>,
    { signal }: Context,
  ): Promise<Result<Entrant>> {
    const params = { environment: this.environment.environment, baseline, action };
    const texts = await this.notebook.evaluator.request('baseline.texts', params, { signal });
    return texts.ok ? entrant(null, texts.value.texts, {}, unknownClocks) : texts;
  }

  private async agent(path: string, { signal }: Context): Promise<Result<Entrant>> {
    const file = await agentFile(this.notebook, path);
    if (!file.ok) return failure('no_such_agent', file.error.message);
    return this.agentText(path, file.value, signal);
  }

  private async trained(
    name: string,
    { algorithm, steps, settings }: Extract<ContestantSettings['origin'], { kind: 'training' }>,
    member: number,
    { state, signal, told }: Context,
  ): Promise<Result<Entrant>> {
    const [seed = 0] = choiceSeeds(state.settings.seed, name, member, 1);
    const params = { environment: this.environment.environment, algorithm, steps, seed, settings };
    const trained = await this.notebook.evaluator.request('agent.train', params, {
      signal,
      onProgress: ({ steps: done = 0 }) => {
        told(`training ${name}, ${done.toLocaleString('en-US')} of ${steps.toLocaleString('en-US')} steps`);
      },
    });
    if (!trained.ok) return trained;
    const file = Buffer.from(trained.value.file, 'base64');
    await this.folder.keepAgent(`${name}-${member}`, file);
    return this.agentText(`${name}-${member}`, file, signal);
  }

  private async agentText(label: string, file: Buffer, signal: AbortSignal): Promise<Result<Entrant>> {
    const text = await this.notebook.evaluator.request(
      'agent.text',
      { file: file.toString('base64') },
      { signal },
    );
    if (!text.ok) return text;
    const { source, algorithm, weights, steps, cpuSeconds } = text.value;
    const words = `${algorithm}, ${weights.toLocaleString('en-US')} weights`;
    const cost = steps === null || steps === 0 ? {} : { steps };
    return entrant(label, [{ label: words, source }], cost, {
      learningCpu: cpuSeconds,
      learningElapsed: null,
    });
  }

  /** As many tokens and episodes as the original took, and nothing remembered from one answer to the next. */
  private async sampled(
    { of, run }: Extract<ContestantSettings['origin'], { kind: 'sampling' }>,
    member: number,
    context: Context,
  ): Promise<Result<Entrant>> {
    const original = context.state.settings.contestants.find(({ name }) => name === of);
    const before = original === undefined ? null : runOfMember(original, member);
    const spent = before === null ? null : await learnedRun(this.notebook, before);
    if (original === undefined || spent === null) return failure('no_such_run', `the run of ${of} is gone`);
    const { settings, meter } = spent.state;
    if (settings.author.kind !== 'openai') return failure('no_model', `${of} has no model as author`);
    const base: RunSettings = {
      ...settings,
      author: { ...settings.author, memory: 'none' },
      tune: false,
      simplify: false,
      start: null,
    };
    const tokens = meter.tokensIn + meter.tokensOut;
    const own: RunSettings = {
      ...base,
      budget: {
        ...unlimited,
        episodes: Math.max(settings.racing.seeds, meter.episodes),
        ...(tokens > 0 ? { tokens } : { calls: Math.max(1, meter.calls) }),
      },
    };
    // The whole is declared as what its searches have in common; what one of them may spend is its own matter.
    const whole = { ...base, seed: context.state.settings.seed };
    const repeat = memberCount(context.state.settings, original);
    return this.searched({ run, repeat, whole }, member, own, context);
  }

  private async searched(
    { run, repeat, whole }: { readonly run: string; readonly repeat: number; readonly whole: RunSettings },
    search: number,
    settings: RunSettings,
    { signal, told }: Context,
  ): Promise<Result<Entrant>> {
    const { facts } = this.environment;
    const declaration = { cell: this.cell, environment: facts.versions, again: false };
    const opened = await openRepeats(this.notebook.runsFolder, {
      ...declaration,
      run,
      settings: whole,
      repeat,
    });
    if (!opened.ok) return opened;
    const root = opened.value.path;
    const { replaced } = opened.value;
    if (replaced !== null) this.sitting.stream('stdout', `an earlier run ${run} is now ${replaced}\n`);
    try {
      const observer = {
        event: () => undefined,
        progress: ({ activity, episodes }: { activity: string; episodes: number }) => {
          told(`${run}/${search}: ${activity}, ${episodes.toLocaleString('en-US')} episodes`);
        },
      };
      const task = { root, run, search, settings, facts, cell: this.cell };
      const stream: OutputSink['stream'] = (name, text) => {
        this.sitting.stream(name, text);
      };
      const state = await searchOnce(this.notebook, task, observer, { signal, stream });
      if (!state.ok) return ofCell(state.error);
      return await this.champion(join(root, String(search)), `${run}/${search}`, state.value);
    } finally {
      await opened.value.close();
    }
  }

  private async champion(folder: string, run: string, state: RunState): Promise<Result<Entrant>> {
    const { stopped } = state;
    if (!isFinished(state)) {
      const code = stopped?.reason === 'interrupted' ? 'cancelled' : 'run_failed';
      return failure(code, `${run}: ${stopped?.message ?? 'it did not end'}`);
    }
    const champion = championText(state);
    if (champion === null) return failure('no_champion', `${run} found no policy: ${stopped?.message ?? ''}`);
    const { policy, reference, label } = champion;
    const texts = [{ label, source: await readPolicy(folder, policy) }];
    const recorded = await learnedRun(this.notebook, run);
    const clocks = { learningCpu: recorded?.cpu ?? null, learningElapsed: recorded?.elapsed ?? null };
    return entrant(reference, texts, addTotals(state.meter, {}), clocks);
  }
}

const unknownClocks: Entrant['learning'] = { learningCpu: null, learningElapsed: null };

const unlimited: RunSettings['budget'] = {
  episodes: null,
  steps: null,
  cpu: null,
  wall: null,
  calls: null,
  tokens: null,
  money: null,
};

function entrant(
  reference: string | null,
  texts: Entrant['texts'],
  cost: Cost,
  learning: Entrant['learning'],
): Result<Entrant> {
  return { ok: true, value: { reference, texts, cost, learning } };
}

/** A run's best took the whole run; an earlier candidate what had been spent when it was measured. */
function costOf(policy: NamedPolicy, candidate: Candidate | undefined): Cost {
  if (policy.origin === null) return {};
  const { meter } = policy.origin.state;
  return addTotals(isReigning(policy) || candidate === undefined ? meter : candidate.at, {});
}

function isReigning({ origin }: NamedPolicy): boolean {
  return origin !== null && origin.state.championships.at(-1)?.candidate === origin.candidate;
}

function failure(code: string, message: string): Failure {
  return { ok: false, code, message, detail: null };
}

function ofCell({ name, message }: CellFailure): Failure {
  return failure(name === 'KeyboardInterrupt' ? 'cancelled' : name, message);
}
