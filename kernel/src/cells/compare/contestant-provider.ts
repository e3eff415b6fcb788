/** How a comparison's policies are brought: existing ones are read, agents are trained, and the others are learned. */
import {
  deriveChoiceSeeds,
  findHead,
  type Candidate,
  type ContestantProvider,
  type ContestantSettings,
  type ProvidedContestant,
} from '@policybook/engine';
import { trimUsage, type ResourceUsage, type Result } from '@policybook/protocol';
import type { ComparisonFolder } from '@policybook/store';
import type { Notebook } from '../notebook/notebook';
import type { NamedPolicy } from '../notebook/references';
import type { OutputSink } from '../outputs/output-sink';
import {
  ContestantLearner,
  failProviding,
  readLearnedRun,
  type ProvidingContext,
} from './contestant-learner';
import { readAgentFile } from './contestants';
import type { ComparisonPlan } from './plan';

/** Provides the contestants of a `%%compare` cell; what has to be learned leaves run folders next to the comparison's. */
export class CellContestantProvider implements ContestantProvider {
  private readonly learner: ContestantLearner;

  constructor(
    private readonly notebook: Notebook,
    private readonly plan: ComparisonPlan,
    private readonly folder: ComparisonFolder,
    sink: OutputSink,
  ) {
    this.learner = new ContestantLearner(notebook, plan, sink);
  }

  provide(
    contestant: ContestantSettings,
    replicate: number,
    context: ProvidingContext,
  ): Promise<Result<ProvidedContestant>> {
    const { origin } = contestant;
    switch (origin.kind) {
      case 'policies':
        return this.readKnown(contestant.name, replicate);
      case 'baseline':
        return this.writeBaseline(origin, context);
      case 'agent':
        return this.readAgent(origin.file, context);
      case 'training':
        return this.trainAgent(contestant.name, origin, replicate, context);
      case 'author':
        return this.learner.learnAuthor(origin, replicate, context);
      case 'sampling':
        return this.learner.sampleModel(origin, replicate, context);
    }
  }

  private async readKnown(name: string, replicate: number): Promise<Result<ProvidedContestant>> {
    const known = this.plan.policies.get(name) ?? [];
    const policy = known[replicate - 1];
    if (policy === undefined)
      return failProviding(
        'no_such_policy',
        `there is no policy ${replicate} of ${name}; it has ${known.length}`,
      );
    const { origin, reference, source } = policy;
    const run = origin === null ? null : await readLearnedRun(this.notebook, origin.run);
    const candidate = origin?.state.candidates.get(origin.candidate);
    const texts = [{ label: candidate?.label ?? reference, source }];
    const isHead = isHeadOfRun(policy);
    const learning = {
      learningCpuSeconds: isHead ? (run?.cpuSeconds ?? null) : null,
      learningWallSeconds: isHead ? (run?.wallSeconds ?? null) : null,
    };
    const isUnmetered = origin?.state.isUnmetered ?? false;
    return {
      ok: true,
      value: { reference, texts, usage: sumUsage(policy, candidate), isUnmetered, learning },
    };
  }

  private async writeBaseline(
    { baseline, action }: Extract<ContestantSettings['origin'], { kind: 'baseline' }>,
    { signal }: ProvidingContext,
  ): Promise<Result<ProvidedContestant>> {
    const params = { environment: this.plan.environment.environment, baseline, action };
    const texts = await this.notebook.evaluator.request('baseline.texts', params, { signal });
    if (!texts.ok) return texts;
    const value = { reference: null, texts: texts.value.texts, usage: {}, learning: UNKNOWN_CLOCKS };
    return { ok: true, value };
  }

  private async readAgent(path: string, { signal }: ProvidingContext): Promise<Result<ProvidedContestant>> {
    const file = await readAgentFile(this.notebook, path);
    if (!file.ok) return file;
    return this.exportAgent(path, file.value, signal);
  }

  private async trainAgent(
    name: string,
    { algorithm, steps, settings }: Extract<ContestantSettings['origin'], { kind: 'training' }>,
    replicate: number,
    { state, signal, onActivity }: ProvidingContext,
  ): Promise<Result<ProvidedContestant>> {
    const [seed = 0] = deriveChoiceSeeds(state.settings.seed, name, replicate, 1);
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
    await this.folder.keepAgent(`${name}-${replicate}`, file);
    return this.exportAgent(`${name}-${replicate}`, file, signal);
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
    const size = `${algorithm}, ${weights.toLocaleString('en-US')} weights`;
    const usage = steps === null || steps === 0 ? {} : { steps };
    const learning = { learningCpuSeconds: cpuSeconds, learningWallSeconds: null };
    return { ok: true, value: { reference: label, texts: [{ label: size, source }], usage, learning } };
  }
}

const UNKNOWN_CLOCKS: ProvidedContestant['learning'] = {
  learningCpuSeconds: null,
  learningWallSeconds: null,
};

/** Sums what a policy took to learn: a run's head took the whole run, an earlier candidate what was used until then. */
function sumUsage(policy: NamedPolicy, candidate: Candidate | undefined): ResourceUsage {
  if (policy.origin === null) return {};
  const { usage, championHistory } = policy.origin.state;
  if (isHeadOfRun(policy) || candidate === undefined) return trimUsage(usage);
  // Later comparisons of an earlier champion are no part of what it took to learn it.
  const promotion = championHistory.find((entry) => entry.candidate === candidate.id);
  return trimUsage((promotion ?? candidate).at);
}

function isHeadOfRun({ origin }: NamedPolicy): boolean {
  return origin !== null && findHead(origin.state)?.id === origin.candidate;
}
