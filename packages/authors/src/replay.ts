/** The `replay` author: the recorded answers of another run's author, again, without asking anybody. */
import { createHash } from 'node:crypto';
import {
  authorSettings,
  type Author,
  type AuthorAnswer,
  type AuthorFailure,
  type AuthorRequest,
  type AuthorSettings,
  type AuthorTools,
  type AuthorTraits,
  type ReplayedAnswer,
} from '@policybook/engine';
import { partModelUsage, writeCanonicalJson, type Failure, type Result } from '@policybook/protocol';
import { z } from 'zod';
import { createFailure } from './author-failure';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies, type AuthorKind } from './author-kind';
import { NotRecordedError, PromptChangedError, ReplayedCalls, type RecordedAnswers } from './replayed-calls';

const KIND = 'replay';

const replaySettings = z.strictObject({
  kind: z.literal(KIND),
  /** The run, by its name or by the path of its folder, as the cell has it. */
  run: z.string(),
  /** Whether a prompt that differs from the recorded one ends the run. */
  strict: z.boolean(),
  /** The SHA-256 of what is replayed, so that another record makes another run. */
  answers: z.string(),
  /** The settings of the author that answered. */
  of: authorSettings,
});
type ReplaySettings = z.infer<typeof replaySettings>;

/** Settings that replay a run; those of its author go with them, those of a replay being what it replays. */
export function describeReplay(
  { run, strict }: { readonly run: string; readonly strict: boolean },
  recorded: RecordedAnswers,
): AuthorSettings {
  const replayed = replaySettings.safeParse(recorded.author);
  const of = replayed.success ? replayed.data.of : recorded.author;
  return { kind: KIND, run, strict, answers: hashAnswers(recorded), of };
}

/** Makes the kind from what finds any author, that of the record among them. */
export function createReplay(findAuthor: AuthorKind): AuthorKind {
  return defineAuthor(replaySettings, (settings): AuthorDefinition => {
    const replayed = findAuthor(settings.of);
    const traits = readTraits(replayed);
    return {
      ...traits,
      sampling: null,
      findObstacle: () => (replayed.ok ? findUnreplayable(settings, replayed.value) : replayed),
      create: (dependencies) => {
        if (!replayed.ok) return replayed;
        const { propose } = new Replay(settings, replayed.value, dependencies);
        return { ok: true, value: { kind: KIND, ...traits, propose } };
      },
    };
  });
}

function findUnreplayable({ run, of }: ReplaySettings, { unreplayable }: AuthorDefinition): Failure | null {
  if (unreplayable === undefined) return null;
  const message = `${run} cannot be replayed: its author is ${of.kind}, and ${unreplayable}.`;
  return { ok: false, code: 'not_replayable', message, detail: null };
}

function readTraits(author: ReturnType<AuthorKind>): AuthorTraits {
  if (!author.ok) return { spendsModelCalls: false, hasIndependentSamples: false };
  const { spendsModelCalls, hasIndependentSamples, memberCount } = author.value;
  return { spendsModelCalls, hasIndependentSamples, ...(memberCount !== undefined && { memberCount }) };
}

/** One run's replay of another. */
class Replay {
  private opened:
    Promise<Result<{ author: Author; calls: ReplayedCalls; recorded: RecordedAnswers }>> | undefined;

  constructor(
    private readonly settings: ReplaySettings,
    private readonly definition: AuthorDefinition,
    private readonly dependencies: AuthorDependencies,
  ) {}

  /** Proposes as the recorded author did. */
  readonly propose = async (request: AuthorRequest): Promise<Result<AuthorAnswer, AuthorFailure>> => {
    if (request.signal.aborted)
      return createFailure('cancelled', 'The replay was cancelled.', { call: null, usage: {} });
    const opened = await (this.opened ??= this.open());
    if (!opened.ok) {
      this.opened = undefined;
      return createFailure(opened.code, opened.message, { call: null, usage: {}, isLasting: true });
    }
    const { author, calls, recorded } = opened.value;
    // The places of its calls are those of the recorded run, which had this author alone.
    const own = {
      ...request,
      generation: request.ownGeneration,
      tools: recorded.isProbed ? request.tools : removeProbe(request.tools),
    };
    const answer = await catchMissing(() => author.propose(own));
    const changes = calls.takeChanges();
    for (const { place, prompt } of changes)
      this.dependencies.notice(
        `The prompt of ${place} differs from the one that ${this.settings.run} recorded, whose answer is used all the same:\n${prompt.difference.join('\n')}`,
      );
    const { models, others } = partModelUsage(answer.ok ? answer.value.usage : answer.usage);
    const replayed: ReplayedAnswer = {
      usage: models,
      ...(changes.length > 0 && { changed: changes.map(({ prompt }) => prompt) }),
    };
    if (answer.ok)
      return answer.value.call === null
        ? answer
        : { ok: true, value: { ...answer.value, usage: others, replayed } };
    if (answer.code !== 'not_recorded') return { ...answer, usage: others, replayed };
    const failure = recorded.failures.find(({ generation }) => generation === own.generation);
    if (failure === undefined) return this.end(answer.message);
    const { code, message, call, member, usage, replayed: earlier } = failure;
    const spent = partModelUsage({ ...usage, ...earlier?.usage }).models;
    return {
      ...createFailure(code, message, { call, usage: others }),
      ...(member !== undefined && { member }),
      replayed: { ...replayed, usage: spent },
    };
  };

  /** Opens the record, and makes its author with it for a call log. */
  private async open(): Promise<Result<{ author: Author; calls: ReplayedCalls; recorded: RecordedAnswers }>> {
    const { run, strict, answers } = this.settings;
    const recorded = await this.dependencies.readRecordedAnswers(run);
    if (!recorded.ok) return recorded;
    if (hashAnswers(recorded.value) !== answers) {
      const message = `${run} holds other answers than when this run began: put it back from a copy, or run the cell again, which begins another run`;
      return { ok: false, code: 'record_changed', message, detail: null };
    }
    const calls = new ReplayedCalls({
      recorded: recorded.value.calls,
      own: this.dependencies.calls,
      isStrict: strict,
    });
    // No key is needed, and none is read: whatever would connect asks the call log first, which throws.
    const variables = Object.fromEntries((this.definition.keys ?? []).map((name) => [name, '-']));
    const author = this.definition.create({ ...this.dependencies, calls, variables });
    return author.ok
      ? { ok: true, value: { author: author.value, calls, recorded: recorded.value } }
      : author;
  }

  private end(message: string): Result<AuthorAnswer, AuthorFailure> {
    const ending = `${message} of ${this.settings.run}, so that nothing more is proposed`;
    const value = { proposals: [], findings: [], exhausted: true, ending, call: null, usage: {} };
    return { ok: true, value };
  }
}

/** The same tools but for the probe before a first answer: a record without one is replayed without one. */
function removeProbe(tools: AuthorTools): AuthorTools {
  const message = 'the record has no probe';
  return {
    ...tools,
    get episodesLeft() {
      return tools.episodesLeft;
    },
    probe: () => Promise.resolve({ ok: false, message, failure: null }),
    by: (member) => removeProbe(tools.by(member)),
  };
}

/** Makes failures of what the call log throws. */
async function catchMissing(
  propose: () => Promise<Result<AuthorAnswer, AuthorFailure>>,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  try {
    return await propose();
  } catch (error) {
    if (!(error instanceof NotRecordedError || error instanceof PromptChangedError)) throw error;
    const isLasting = error instanceof PromptChangedError;
    return createFailure(error.code, error.message, { call: null, usage: {}, isLasting });
  }
}

/** Computes the SHA-256 of what a replay takes from a record. */
function hashAnswers({ author, calls, failures }: RecordedAnswers): string {
  const failed = failures.map(({ generation, code, message }) => ({ generation, code, message }));
  return createHash('sha256').update(writeCanonicalJson({ author, calls, failed })).digest('hex');
}
