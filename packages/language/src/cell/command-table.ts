/** The line magics: what each takes. Messages, completion, inspection and the README's table read it. */

/** How an argument is read. */
export type ArgumentKind = 'reference' | 'run' | 'path' | 'seed' | 'count' | 'level' | 'duration';

export interface Positional {
  readonly name: string;
  readonly kind: ArgumentKind;
  readonly required: boolean;
}

export interface CommandShape {
  readonly usage: string;
  readonly about: string;
  readonly positionals: readonly Positional[];
  /** Arguments given as `key=value`, each with its kind. */
  readonly keys: Readonly<Record<string, ArgumentKind>>;
}

function required(name: string, kind: ArgumentKind): Positional {
  return { name, kind, required: true };
}

function optional(name: string, kind: ArgumentKind): Positional {
  return { name, kind, required: false };
}

export const commands = {
  runs: {
    usage: '%runs',
    about: 'Lists the runs of this notebook with their scores and budgets.',
    positionals: [],
    keys: {},
  },
  diff: {
    usage: '%diff OLD [NEW]',
    about: 'Shows what changed between two policies; with one run, between its first and its best.',
    positionals: [required('old', 'reference'), optional('new', 'reference')],
    keys: {},
  },
  replay: {
    usage: '%replay POLICY [seed=N]',
    about:
      'Plays an episode again and shows which lines of the policy chose its actions. Default: one that its run recorded.',
    positionals: [required('policy', 'reference')],
    keys: { seed: 'seed' },
  },
  audit: {
    usage: '%audit POLICY [episodes=N]',
    about: 'Scores a frozen policy on seeds that nobody has seen.',
    positionals: [required('policy', 'reference')],
    keys: { episodes: 'count' },
  },
  export: {
    usage: '%export POLICY [PATH]',
    about: 'Writes a policy as a program that runs without policybook. Default path: the name with .py.',
    positionals: [required('policy', 'reference'), optional('path', 'path')],
    keys: {},
  },
  stop: {
    usage: '%stop RUN',
    about: 'Stops a run; everything found is kept.',
    positionals: [required('run', 'run')],
    keys: {},
  },
  attach: {
    usage: '%attach RUN',
    about: 'Shows a recorded run again.',
    positionals: [required('run', 'run')],
    keys: {},
  },
  wait: {
    usage: '%wait RUN [most=DURATION]',
    about: 'Waits until a run in the background ends.',
    positionals: [required('run', 'run')],
    keys: { most: 'duration' },
  },
  doctor: {
    usage: '%doctor',
    about: 'Says what is installed, how policies are confined, and what is missing.',
    positionals: [],
    keys: {},
  },
  consent: {
    usage: '%consent LEVEL',
    about: 'Lets policies run in this kernel although the jail reaches only level 1 or 0 here.',
    positionals: [required('level', 'level')],
    keys: {},
  },
} as const satisfies Record<string, CommandShape>;

export type CommandName = keyof typeof commands;

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

/** A command's shape under the general type. */
export function commandShape(name: CommandName): CommandShape {
  return commands[name];
}
