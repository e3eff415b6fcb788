/** What an author may have done before it answers: texts are played, traced and tuned, each use an event that is charged. */
import {
  addUsage,
  formatNumeral,
  formatQuantity,
  type PolicyFailure,
  type ResourceUsage,
} from '@policybook/protocol';
import { hashPolicy } from '../audit/seeds';
import { findLongestEpisode } from '../budget/budget';
import { cutTrace } from '../episodes/kept-trace';
import type { AuthorTools, ProbedEnvironment, ToolResult } from '../ports';
import { deriveSeeds } from '../seeds';
import type { RecordUse } from './author-turn';
import type { RunContext } from './context';
import { MIN_TUNING_EPISODES } from './tune-constants';
import type { TurnBudget } from './turn-budget';
import type { Probed } from '../state';

/** Episodes of one use at most. */
const MOST_EVALUATED = 100;
const MOST_TUNED = 500;
/** Episodes and steps of a probe at most, and the part of what is left that it may take. */
const MOST_PROBED = 40;
const MOST_PROBED_STEPS = 2000;
const PROBE_SHARE = 0.05;
/** What is done with an episode that is followed, before and after it. */
const FOLLOWED = {
  trace: { purpose: 'trace a policy', done: 'traced a policy' },
  probe: { purpose: 'probe actions', done: 'probed actions' },
};

/** What one use has come to: its result, a sentence for people, and what it took. */
interface ToolUse<T> {
  readonly result: ToolResult<T>;
  readonly message: string;
  readonly probed?: Probed;
  readonly usage: ResourceUsage;
}

/** Creates the tools of one turn of an author; `recordUse` resolves when a use is recorded. */
export function createAuthorTools(
  context: RunContext,
  generation: number,
  turnBudget: TurnBudget,
  recordUse: RecordUse,
): AuthorTools {
  const { log, runner, journal } = context;
  const { kind: author } = context.author;
  const { seed } = log.state.settings;
  const longest = findLongestEpisode(log.state.facts);

  const record = async <T>(
    tool: string,
    { result, message, probed, usage }: ToolUse<T>,
  ): Promise<ToolResult<T>> => {
    turnBudget.spend(usage);
    await recordUse({
      type: 'tool_used',
      generation,
      author,
      tool,
      message,
      ...(probed !== undefined && { findings: [...probed.findings], ranges: [...probed.ranges] }),
      usage,
    });
    return result;
  };

  return {
    get episodesLeft() {
      return Math.max(0, turnBudget.episodesForTools);
    },
    async probe() {
      const { steps: stepsLeft } = turnBudget.left;
      const episodes = Math.min(MOST_PROBED, Math.floor(PROBE_SHARE * turnBudget.episodes));
      const steps = Math.min(MOST_PROBED_STEPS, Math.floor(PROBE_SHARE * (stepsLeft ?? Infinity)));
      const { result } = refuseUse<ProbedEnvironment>('probe the environment');
      if (episodes < 1 || steps < 1) return result;
      const { observation } = log.state.settings;
      const probed = await runner.probe({ names: observation, seed, episodes, steps });
      if (!probed.ok || probed.value.findings.length === 0) return result;
      const { findings, ranges, usage } = probed.value;
      const { episodes: played, steps: taken, lost } = usage;
      const spent = { episodes: played, steps: taken, ...(lost !== undefined && { lost }) };
      const message = `probed the environment in ${formatQuantity(played, 'episode')} by random actions`;
      return record('probe', {
        result: { ok: true, value: { findings, ranges, usage: spent } },
        message,
        probed: { findings, ranges },
        usage: spent,
      });
    },
    async evaluate(source, episodes) {
      const most = Math.min(episodes, MOST_EVALUATED, turnBudget.episodesForTools);
      if (most < 1) return record('evaluate', refuseUse('evaluate a policy'));
      const seeds = deriveSeeds(seed, ['tools'], most);
      const {
        returns,
        seeds: played,
        failure,
        usage,
      } = await runner.play(source, seeds, {
        steps: turnBudget.left.steps,
        isUnplayed: true,
      });
      if (failure === null && returns.length === 0)
        return record('evaluate', refuseUse('evaluate a policy', 'steps or seconds'));
      const kept = await journal.readEpisodes(hashPolicy(source));
      const value = {
        failure,
        episodes: returns.map((each, index) => {
          const at = played[index] ?? 0;
          return { seed: at, return: each, isFresh: false, kept: kept.get(at) ?? null };
        }),
      };
      const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
      const message =
        failure === null
          ? `evaluated a policy on ${formatQuantity(returns.length, 'episode')}: mean ${formatNumeral(mean, 4)}`
          : `evaluated a policy, which fails: ${failure.message}`;
      return record('evaluate', { result: { ok: true, value }, message, usage });
    },
    async trace(source, place, what) {
      const { steps } = turnBudget.left;
      const { purpose, done } = FOLLOWED[what];
      if (turnBudget.episodesForTools < 1) return record(what, refuseUse(purpose));
      if (steps !== null && steps < longest) return record(what, refuseUse(purpose, 'steps'));
      const [at = 0] = deriveSeeds(seed, ['tools'], 1, place);
      const traced = await runner.trace(source, at);
      if (!traced.ok) return record(what, describeFailed(done, traced.failure, { episodes: 1 }));
      const value = cutTrace(at, traced.value);
      const message = `${done} over ${formatQuantity(value.length, 'step')}: return ${formatNumeral(value.return, 4)}`;
      return record(what, {
        result: { ok: true, value },
        message,
        usage: { episodes: 1, steps: value.length },
      });
    },
    async tune(source, episodes) {
      const most = Math.min(episodes, MOST_TUNED, turnBudget.episodesForTools);
      if (most < MIN_TUNING_EPISODES) return record('tune', refuseUse('tune a policy'));
      const described = await runner.describe(source);
      if (!described.ok)
        return record('tune', describeFailed('tried to tune a policy', described.failure, {}));
      if (described.value.tunable.length === 0) return record('tune', refuse(NOTHING_MARKED));
      // Variants of a text that fails fail as well: they would take all these episodes and show no reason.
      const { steps: stepsLeft } = turnBudget.left;
      const tried = await runner.play(source, deriveSeeds(seed, ['tools'], 1), { steps: stepsLeft });
      if (tried.failure !== null)
        return record('tune', describeFailed('tried to tune a policy', tried.failure, tried.usage));
      if (tried.returns.length === 0) return record('tune', refuseUse('tune a policy', 'steps or seconds'));
      const tuned = await runner.tune(source, seed, {
        episodes: most - 1,
        steps: stepsLeft === null ? null : stepsLeft - (tried.usage.steps ?? 0),
      });
      if (!tuned.ok)
        return record('tune', describeFailed('tried to tune a policy', tuned.failure, tried.usage));
      const { source: text, generations, usage } = tuned.value;
      const { episodes: played, steps, lost } = usage;
      const spent = addUsage(tried.usage, { episodes: played, steps, ...(lost !== undefined && { lost }) });
      const message = `tuned the constants of a policy in ${formatQuantity(played + 1, 'episode')}`;
      return record('tune', {
        result: { ok: true, value: { source: text, generations } },
        message,
        usage: spent,
      });
    },
    note: async (tool, message) =>
      recordUse({ type: 'tool_used', generation, author, tool, message, usage: {} }),
    by: (member) =>
      createAuthorTools(context, generation, turnBudget, (event) => recordUse({ ...event, member })),
  };
}

const NOTHING_MARKED =
  'nothing is marked in this policy: a constant that is to be tuned stands at top level, as `NAME = 0.42  # tune: [0, 1]`';

/** A use that the budget forbids. */
function refuseUse<T>(what: string, lacking = 'episodes'): ToolUse<T> {
  return refuse(
    `too few ${lacking} are left to ${what} before the answer: the run keeps the rest for what is proposed`,
  );
}

/** A use that comes to nothing, and takes nothing. */
function refuse<T>(message: string): ToolUse<T> {
  return { result: { ok: false, message, failure: null }, message, usage: {} };
}

/** A use that the policy's own failure has ended. */
function describeFailed<T>(done: string, failure: PolicyFailure, usage: ResourceUsage): ToolUse<T> {
  const message = `${done}, which fails: ${failure.message}`;
  return { result: { ok: false, message, failure }, message, usage };
}
