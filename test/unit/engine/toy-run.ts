/** Whole runs in the toy world. */
import {
  learn,
  type Clock,
  type Inbox,
  type RunEvent,
  type RunEventType,
  type RunProgress,
  type RunSettings,
  type RunState,
} from '../../../packages/engine/src/index';
import {
  MemoryJournal,
  ScriptedAuthor,
  stillClock,
  ToyEvaluator,
  toyFacts,
  toySettings,
  type ToyPolicy,
} from './simulation';

/** A start that every run should improve on, a rule, a better one with constants and lines too many, and rubbish. */
export const climb: readonly (readonly ToyPolicy[])[] = [
  [
    { mean: 0, luck: 10 },
    { mean: 40, luck: 10 },
    { mean: 20, luck: 10 },
    { mean: 1, broken: 'raised' },
  ],
  [
    { mean: 40, luck: 10 },
    { mean: 2, broken: 'syntax_error' },
    { mean: 70, luck: 10, noise: 4, slack: 24, excess: 6 },
  ],
  [{ mean: 60, luck: 10, noise: 10 }],
];

export interface World {
  readonly evaluator: ToyEvaluator;
  readonly author: ScriptedAuthor;
  readonly journal: MemoryJournal;
}

export function world(script = climb, journal = new MemoryJournal(), baseline = true): World {
  return { evaluator: new ToyEvaluator(), author: new ScriptedAuthor(script, baseline), journal };
}

export interface RunOptions {
  readonly settings?: Partial<RunSettings>;
  readonly threshold?: number;
  readonly fullEpisodeSteps?: number;
  readonly signal?: AbortSignal;
  readonly resumeFrom?: readonly RunEvent[];
  readonly progress?: RunProgress[];
  readonly now?: () => number;
  /** How the clock wakes what waits for it; by default it never does. */
  readonly callAfter?: Clock['callAfter'];
  readonly reproduces?: readonly RunEvent[];
  readonly inbox?: Inbox;
}

export function run({ evaluator, author, journal }: World, options: RunOptions = {}): Promise<RunState> {
  const { signal = new AbortController().signal, resumeFrom = [], progress = [], threshold = null } = options;
  const { fullEpisodeSteps = null } = options;
  const observer = {
    onEvent: () => undefined,
    onProgress: (report: RunProgress) => progress.push(report),
  };
  const clock = {
    ...stillClock,
    ...(options.now && { now: options.now }),
    ...(options.callAfter && { callAfter: options.callAfter }),
  };
  return learn(
    {
      run: 'first',
      settings: toySettings(options.settings),
      facts: { ...toyFacts, rewardThreshold: threshold, fullEpisodeSteps },
    },
    {
      evaluator,
      author,
      journal,
      clock,
      observer,
      ...(options.inbox !== undefined && { inbox: options.inbox }),
    },
    { signal, resumeFrom, ...(options.reproduces !== undefined && { reproduces: options.reproduces }) },
  );
}

export function ofType<T extends RunEventType>(events: readonly RunEvent[], type: T) {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
}
