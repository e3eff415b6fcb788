/** Learns the contestants of a comparison that have to be learned first, in run folders next to the comparison's. */
import { basename, join } from 'node:path';
import { sampleIndependently } from '@policybook/authors';
import {
  countReplicates,
  isFinished,
  type ContestantProvider,
  type ContestantSettings,
  type ProvidedContestant,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import { trimUsage, UNLIMITED_BUDGET, type Failure, type Result } from '@policybook/protocol';
import { readPolicy, readRun, type RecordedPolicy } from '@policybook/store';
import { findScoredHead } from '@policybook/views';
import { endSentence } from '../errors/cell-failure';
import { explainReplacement, openReplicates, writeLines } from '../learn/open';
import { planReplicate, type RunPlan } from '../learn/plan';
import { runReplicate } from '../learn/session';
import { findObstacle } from '../notebook/author-keys';
import type { Notebook } from '../notebook/notebook';
import type { OutputSink } from '../outputs/output-sink';
import type { ComparisonPlan } from './plan';

/** What a comparison gives to what provides a contestant: its state, its signal, and where to say what is being done. */
export type ProvidingContext = Parameters<ContestantProvider['provide']>[2];

/** Learns one replicate at a time of the contestants that are authors, or samples of an author's model. */
export class ContestantLearner {
  constructor(
    private readonly notebook: Notebook,
    private readonly plan: ComparisonPlan,
    private readonly sink: OutputSink,
  ) {}

  /** Learns a replicate, counted from 1, as the contestant's author does. */
  async learnAuthor(
    { run, settings, repeat }: Extract<ContestantSettings['origin'], { kind: 'author' }>,
    replicate: number,
    context: ProvidingContext,
  ): Promise<Result<ProvidedContestant>> {
    const whole = await this.planRun(run, settings, repeat);
    return this.learn(whole, planReplicate(whole, replicate), context);
  }

  /**
   * Learns a replicate, counted from 1, by samples of another contestant's model: with as many tokens and episodes as
   * the original took, and nothing remembered from one answer to the next.
   */
  async sampleModel(
    { of, run }: Extract<ContestantSettings['origin'], { kind: 'sampling' }>,
    replicate: number,
    context: ProvidingContext,
  ): Promise<Result<ProvidedContestant>> {
    const original = context.state.settings.contestants.find(({ name }) => name === of);
    const originalRun = original === undefined ? null : findRunOf(original, replicate);
    const learned = originalRun === null ? null : await readLearnedRun(this.notebook, originalRun);
    if (original === undefined || learned === null)
      return failProviding(
        'no_such_run',
        `the run of ${of} cannot be read: put it back from a copy, or run its cell again`,
      );
    const { settings, usage } = learned.state;
    const author = sampleIndependently(settings.author);
    if (author === null)
      return failProviding('no_model', `${of} has no model as author: leave it out, or leave out sampling`);
    const base: RunSettings = {
      ...settings,
      author,
      tune: false,
      simplify: false,
      start: null,
    };
    const tokens = usage.tokensIn + usage.tokensOut;
    // The whole run is declared as what its replicates have in common; each replicate has a budget of its own.
    const repeat = countReplicates(context.state.settings, original);
    const whole = await this.planRun(run, { ...base, seed: context.state.settings.seed }, repeat);
    const planned = planReplicate(whole, replicate);
    const own: RunSettings = {
      ...planned.settings,
      budget: {
        ...UNLIMITED_BUDGET,
        episodes: Math.max(settings.racing.seeds, usage.episodes),
        ...(tokens > 0 ? { tokens } : { calls: Math.max(1, usage.calls) }),
      },
    };
    return this.learn(whole, { ...planned, settings: own }, context);
  }

  /** Plans a contestant's run as a `%%learn` cell does, in the environment of the comparison. */
  private async planRun(run: string, settings: RunSettings, repeat: number): Promise<RunPlan> {
    const { cell, environment } = this.plan;
    return {
      run,
      cell: cell.code,
      environment,
      settings,
      repeat,
      background: false,
      again: false,
      obstacle: await findObstacle(this.notebook, settings.author),
      cellClock: null,
    };
  }

  /** Learns one replicate of a contestant's run. The whole run is open meanwhile, so that no other kernel moves it away. */
  private async learn(
    whole: RunPlan,
    replicate: RunPlan,
    { signal, onActivity }: ProvidingContext,
  ): Promise<Result<ProvidedContestant>> {
    const opened = await openReplicates(this.notebook, whole);
    if (!opened.ok) return opened;
    const { path } = opened.value;
    try {
      writeLines(await explainReplacement(this.notebook, 'run', whole, opened.value), this.sink);
      const observer = {
        onEvent: () => undefined,
        onProgress: ({ activity, episodes }: { activity: string; episodes: number }) => {
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
      return failProviding(code, `${run}: ${stopped?.message ?? 'it did not end'}`);
    }
    const champion = describeHead(state);
    if (champion === null)
      return failProviding(
        'no_champion',
        `${run} found no policy: ${endSentence(stopped?.message ?? 'it did not end')} ${stopped?.reason === 'budget' ? 'A larger budget, another author' : 'Another author'} or a policy of yours in \`start:\` may lead further.`,
      );
    const { reference, label } = champion;
    const texts = [{ label, source: await readPolicy(folder, champion) }];
    const recorded = await readLearnedRun(this.notebook, run);
    const learning = {
      learningCpuSeconds: recorded?.cpuSeconds ?? null,
      learningWallSeconds: recorded?.wallSeconds ?? null,
    };
    const { isUnmetered } = state;
    return { ok: true, value: { reference, texts, usage: trimUsage(state.usage), isUnmetered, learning } };
  }
}

/** Makes an expected failure of providing a contestant. */
export function failProviding(code: string, message: string): Failure {
  return { ok: false, code, message, detail: null };
}

/** A run that was learned, and how long that took. */
export interface LearnedRun {
  readonly state: RunState;
  /** CPU seconds of workers and policies. */
  readonly cpuSeconds: number;
  /** Wall seconds, with the pauses between sessions left out. */
  readonly wallSeconds: number;
}

/** Reads a run as its folder has it by now; `null` where it cannot be read. */
export async function readLearnedRun(notebook: Notebook, run: string): Promise<LearnedRun | null> {
  const stored = await readRun(notebook.runsFolder, run);
  if (!stored.ok || stored.value.state === null) return null;
  return { state: stored.value.state, ...stored.value.clocks };
}

/** Names the run that a contestant's replicate was learned in; `null` for one that was not learned in a run. */
function findRunOf({ origin }: ContestantSettings, replicate: number): string | null {
  if (origin.kind === 'author') return `${origin.run}/${replicate}`;
  if (origin.kind !== 'policies') return null;
  const reference = origin.policies[replicate - 1]?.reference ?? '';
  return /^(?<run>[^@]+)@\d+$/u.exec(reference)?.groups?.['run'] ?? null;
}

/** Describes the head of a run as a contestant; `null` for none. */
function describeHead(
  state: RunState,
): (RecordedPolicy & { readonly reference: string; readonly label: string }) | null {
  const head = findScoredHead(state);
  if (head === null) return null;
  const { id, policy, hash, label } = head.candidate;
  return { policy, hash, reference: `${state.run}@${id}`, label };
}
