/**
 * The one table of policybook's cells (`%%…`) and commands (`%…`): how each is written and what it does. Messages,
 * completion and inspection read it, the kernel tells by it which cells are policybook's, and the README's table and the
 * magics of the workbench are held to it by tests. It imports nothing, so that a kernel of plain Python may load it.
 */

/** How a declaration cell is written. */
export interface CellShape {
  /** The first line, for messages. */
  readonly usage: string;
  /** One or two sentences for inspection. */
  readonly about: string;
  /** What the lines below the first hold. */
  readonly body: 'yaml' | 'python';
  /** The word between the names of the first line; empty where there is none. */
  readonly keyword: string;
}

/** Declaration cells, by the magic without its `%%`. */
export const CELLS = {
  environment: {
    usage: '%%environment NAME',
    about: 'Declares an environment under a name of its own. Body: YAML.',
    body: 'yaml',
    keyword: '',
  },
  learn: {
    usage: '%%learn ENV [as RUN]',
    about: 'Learns a policy in an environment. Body: YAML; everything has a default.',
    body: 'yaml',
    keyword: 'as',
  },
  compare: {
    usage: '%%compare [as NAME]',
    about:
      'Compares policies, runs, authors and baselines on the same fresh seeds. Body: YAML with policies, baselines, authors or agents.',
    body: 'yaml',
    keyword: 'as',
  },
  simulator: {
    usage: '%%simulator NAME',
    about: "Declares a gymnasium.Env of your own. Body: Python, which sees nothing of the notebook's names.",
    body: 'python',
    keyword: '',
  },
  policy: {
    usage: '%%policy NAME [for ENV]',
    about: 'Declares a policy by hand. Body: Python with act(observation), or a class Policy.',
    body: 'python',
    keyword: 'for',
  },
} as const satisfies Record<string, CellShape>;

/** A declaration cell's magic, without its `%%`. */
export type CellMagic = keyof typeof CELLS;

/** Magics whose body is YAML. */
export type YamlMagic = { [M in CellMagic]: (typeof CELLS)[M]['body'] extends 'yaml' ? M : never }[CellMagic];

/** Whether the word is the magic of a declaration cell. */
export function isCellMagic(word: string): word is CellMagic {
  return Object.hasOwn(CELLS, word);
}

/** Whether the body of the magic's cells is YAML. */
export function isYamlMagic(magic: CellMagic): magic is YamlMagic {
  return CELLS[magic].body === 'yaml';
}

/**
 * Python's cell magics that run the cell below them, each with why it can do nothing for a cell of policybook. Such a cell
 * is refused with that reason, where Python would say that `%%learn` declares nothing.
 */
export const WRAPPING_MAGICS = {
  time: "policybook's cells show their own time",
  timeit: "policybook's cells show their own time",
  prun: "what policybook's cells do runs in other processes, which it does not see",
  debug: "what policybook's cells do runs in other processes, which it does not see",
  code_wrap: "policybook's cells are no Python",
  capture: "outputs of policybook's cells cannot be captured, those of pb.learn and pb.compare in Python can",
} as const satisfies Record<string, string>;

const PREAMBLE = '(?:#[^\\n]*\\n|[^\\S\\n]*\\n)*';

/**
 * The pattern of what may stand before the magic of a declaration cell: blank lines, comments such as `#| label: x` and
 * `# %%`, and wrapping magics. JavaScript and Python read it alike; it matches the empty text.
 */
export const LINES_BEFORE_MAGIC = `(?:${PREAMBLE}%%(?:${Object.keys(WRAPPING_MAGICS).join('|')})(?:[^\\S\\n][^\\n]*)?\\n)*${PREAMBLE}`;

/** How an argument is read. */
export type ArgumentKind = 'reference' | 'run' | 'path' | 'seed' | 'count' | 'level' | 'duration' | 'words';

/** An argument that is known by its place. */
export interface Positional {
  readonly name: string;
  readonly kind: ArgumentKind;
  readonly isRequired: boolean;
}

/** How a command is written. */
export interface CommandShape {
  /** The whole line, for messages. */
  readonly usage: string;
  /** One or two sentences for inspection. */
  readonly about: string;
  readonly positionals: readonly Positional[];
  /** Arguments given as `key=value`, each with its kind. */
  readonly keys: Readonly<Record<string, ArgumentKind>>;
}

function requirePositional(name: string, kind: ArgumentKind): Positional {
  return { name, kind, isRequired: true };
}

function allowPositional(name: string, kind: ArgumentKind): Positional {
  return { name, kind, isRequired: false };
}

/** Commands, by the word after their `%`. */
export const COMMANDS = {
  runs: {
    usage: '%runs',
    about: 'Lists the runs of this notebook with their scores and budgets.',
    positionals: [],
    keys: {},
  },
  diff: {
    usage: '%diff OLD [NEW]',
    about: 'Shows what changed between two policies; with one run, between its first and its best.',
    positionals: [requirePositional('old', 'reference'), allowPositional('new', 'reference')],
    keys: {},
  },
  replay: {
    usage: '%replay POLICY [seed=N]',
    about:
      'Plays an episode again and shows which lines of the policy chose its actions. Default: one that its run recorded, of a policy by hand seed 0.',
    positionals: [requirePositional('policy', 'reference')],
    keys: { seed: 'seed' },
  },
  audit: {
    usage: '%audit POLICY [episodes=N]',
    about: 'Scores a frozen policy on seeds that no search has seen.',
    positionals: [requirePositional('policy', 'reference')],
    keys: { episodes: 'count' },
  },
  export: {
    usage: '%export POLICY [PATH]',
    about:
      'Writes a policy as a program that runs without policybook. Default path: the name with .py; paths start at the folder of the notebook.',
    positionals: [requirePositional('policy', 'reference'), allowPositional('path', 'path')],
    keys: {},
  },
  stop: {
    usage: '%stop RUN',
    about: 'Stops a run; everything found is kept.',
    positionals: [requirePositional('run', 'run')],
    keys: {},
  },
  attach: {
    usage: '%attach RUN',
    about: 'Shows a recorded run again.',
    positionals: [requirePositional('run', 'run')],
    keys: {},
  },
  wait: {
    usage: '%wait RUN [most=DURATION]',
    about: 'Waits until a run in the background ends.',
    positionals: [requirePositional('run', 'run')],
    keys: { most: 'duration' },
  },
  note: {
    usage: '%note RUN WORDS',
    about:
      'Says something to the author of a run in the background: its next prompt has it, as your words. The rest of the line is taken as it is.',
    positionals: [requirePositional('run', 'run'), requirePositional('words', 'words')],
    keys: {},
  },
  accept: {
    usage: '%accept POLICY',
    about:
      'Takes a candidate of a run in the background as its result: the run hands it over and goes on from it. %reject of it, or accepting another, takes that back.',
    positionals: [requirePositional('policy', 'reference')],
    keys: {},
  },
  reject: {
    usage: '%reject POLICY',
    about: 'Takes a candidate of a run in the background out of the choice: it is head no more.',
    positionals: [requirePositional('policy', 'reference')],
    keys: {},
  },
  doctor: {
    usage: '%doctor',
    about: 'Says what is installed, how policies are confined, and what is missing.',
    positionals: [],
    keys: {},
  },
  consent: {
    usage: '%consent LEVEL',
    about: 'Lets policies run in this kernel although the sandbox reaches only level 1 or 0 here.',
    positionals: [requirePositional('level', 'level')],
    keys: {},
  },
} as const satisfies Record<string, CommandShape>;

/** A command, without its `%`. */
export type CommandName = keyof typeof COMMANDS;

/** Whether the word is one of the commands. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** A command's shape under the general type. */
export function getCommandShape(name: CommandName): CommandShape {
  return COMMANDS[name];
}
