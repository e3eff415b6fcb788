/** Learning: from a declaration to a stopped run, or from a stopped run onwards. */
import { NO_CLOCK_READINGS, type EnvironmentFacts } from '@policybook/protocol';
import { formatBudget } from './budget/budget';
import {
  FOLDER_FORMAT,
  isOfTheLoop,
  isOfUndisturbedRun,
  isPause,
  type CandidateId,
  type RunEvent,
} from './events';
import { advance, fold } from './fold';
import type { Author, Clock, Clocks, Evaluator, Inbox, Journal, RunObserver } from './ports';
import type { RunContext } from './run/context';
import { createPlayLimit } from './run/reproduced-plays';
import { runStages, type RunEnding } from './run/stages';
import { ActivityReporter } from './session/activity';
import { formatLost } from './session/format-lost';
import { EventLog, type EventRules } from './session/event-log';
import { RunSession, type ReproducedEnd } from './session/run-session';
import { readEpisodeCounts } from './session/episode-counts';
import { PendingAnswers } from './session/pending-answers';
import { createSessionRunner } from './session/session-runner';
import { StoppedError } from './session/stopped';
import type { RunSettings } from './settings';
import type { RunState } from './state';

/** What a run is to be: its name and resolved settings, and what the environment is like. */
export interface RunDeclaration {
  readonly run: string;
  readonly settings: RunSettings;
  /** From `environment.describe`; a resumed run keeps those it was declared with. */
  readonly facts: EnvironmentFacts;
}

/** What a run needs from outside the engine. */
export interface LearnPorts {
  readonly author: Author;
  readonly evaluator: Evaluator;
  readonly journal: Journal;
  readonly clock: Clock;
  /** What the user says to the run; absent where it cannot. */
  readonly inbox?: Inbox;
  readonly observer?: RunObserver;
}

/** How a session of a run is begun and ended. */
export interface LearnOptions {
  readonly signal: AbortSignal;
  /** Events of earlier sessions, in order; the caller makes sure that the declaration is the same. */
  readonly resumeFrom?: readonly RunEvent[];
  /** What the clocks had measured by the last of these events. */
  readonly clocks?: Clocks;
  /**
   * Record of another run of the same declaration, to be reproduced: where a budget has stopped that one, this one stops,
   * and its own clocks do not stop it before the end of that record.
   */
  readonly reproduces?: readonly RunEvent[];
}

/** The inbox of a run that the user cannot speak to. */
const EMPTY_INBOX: Inbox = { take: () => null };

/** How the log reads the record of a run. */
const RUN_RULES: EventRules<RunEvent, RunState> = {
  advance: (state, { event }) => advance(state, event),
  isOfTheLoop,
  isPause,
  describeRecomputed: (event, differences) => ({ type: 'recomputed_differently', event, differences }),
  countEpisodes: readEpisodeCounts,
  describeLost: (episodes, fault) => ({ type: 'episodes_lost', episodes, fault }),
  findPolicyNames: (state, hash) =>
    [...(state?.candidates.values() ?? [])].flatMap((candidate) =>
      candidate.hash === hash ? [String(candidate.id)] : [],
    ),
};

/**
 * Runs the loop until it stops and returns the state with its `run_stopped` event. A run that ended by itself is
 * returned as it is; an interrupted or failed one goes on. Rejects only when the journal cannot be written or its
 * record does not fit (`RecordDivergedError`); everything else, a broken evaluator included, ends in `run_stopped`.
 */
export async function learn(
  declaration: RunDeclaration,
  ports: LearnPorts,
  options: LearnOptions,
): Promise<RunState> {
  const record = options.resumeFrom ?? [];
  const last = record.findLast(isOfTheLoop);
  const finished = last?.type === 'run_stopped' && !isPause(last) ? fold(record) : null;
  return finished ?? runSession(declaration, ports, options, record);
}

async function runSession(
  declaration: RunDeclaration,
  ports: LearnPorts,
  options: LearnOptions,
  record: readonly RunEvent[],
): Promise<RunState> {
  const { author, clock, evaluator, journal, observer } = ports;
  const session = new RunSession({
    clock,
    signal: options.signal,
    before: options.clocks ?? NO_CLOCK_READINGS,
    budget: declaration.settings.budget,
    reproduces: options.reproduces === undefined ? null : findReproducedEnd(options.reproduces),
  });
  const log = new EventLog({
    rules: RUN_RULES,
    record: record.map((event) => ({ event })),
    journal,
    session,
    onEvent: (event, state, clocks) => observer?.onEvent(event, state, clocks),
  });
  const pending = new PendingAnswers();
  const activity = new ActivityReporter((text, { work, stepsPerSecond }) => {
    // A long request is stopped where the wall clock says so, not at its end.
    session.stopWhenOverdue();
    const { usage } = log.state;
    const [episodes, steps] = [usage.episodes + work.episodes, usage.steps + work.steps];
    const answering = pending.combined;
    observer?.onProgress({
      activity: pending.describe(text),
      episodes,
      steps,
      stepsPerSecond,
      ...(answering !== null && { answering }),
    });
  });
  await log.declare({ type: 'run_declared', format: FOLDER_FORMAT, ...declaration });
  // The state has the facts that the run was declared with, which those of today may differ from.
  const measureSecondsLeft = () => (log.state.head === null ? session.measureSecondsLeft() : null);
  const runnerPorts = { evaluator, journal, measureSecondsLeft };
  const runner = createSessionRunner(log.state, runnerPorts, session, activity);
  const context: RunContext = {
    log,
    runner,
    journal,
    author,
    inbox: ports.inbox ?? EMPTY_INBOX,
    texts: new Map<CandidateId, string>(),
    replays: new Map(),
    ablations: new Map(),
    signal: session.signal,
    limitPlay: createPlayLimit(options.reproduces ?? []),
    countTimelyEpisodes: () => countTimelyEpisodes(log.state, session.measureSecondsLeft()),
    announce: (text) => {
      activity.announce(text, log.isReplaying);
    },
    noteAnswer: (sample, answer) => {
      pending.note(sample, answer);
      activity.repeat();
    },
  };
  const end = await session.run(() => runStages(context));
  const { reason } = end;
  return log.stop((state) => ({ type: 'run_stopped', reason, message: describeEnd(end, state) }));
}

function countTimelyEpisodes({ settings, usage }: RunState, secondsLeft: number | null): number {
  const limit = settings.budget.wallSeconds;
  if (secondsLeft === null || limit === null) return Infinity;
  return (usage.episodes * Math.max(0, secondsLeft)) / Math.max(limit - secondsLeft, Number.EPSILON);
}

/** The message of a stop, with what was spent and lost where it does not say so itself. */
function describeEnd(end: RunEnding | StoppedError, state: RunState): string {
  const { message } = end;
  const used = formatBudget(state);
  const { usage, fault } = state;
  const said = used === '' || message.includes(` (${used})`) ? message : `${message} (${used})`;
  if (usage.lost === 0 || (end instanceof StoppedError && end.saysLosses)) return said;
  return `${said}; ${formatLost(usage.lost, usage.episodes + usage.lost, fault ?? '')}`;
}

function findReproducedEnd(reproduced: readonly RunEvent[]): ReproducedEnd {
  const events = reproduced.filter(isOfUndisturbedRun);
  const last = events.at(-1);
  if (last?.type !== 'run_stopped') return { events: events.length, message: null };
  return { events: events.length - 1, message: last.reason === 'budget' ? last.message : null };
}
