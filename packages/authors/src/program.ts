/** A program of the user's that an author starts, as the author asks for it. */

/** What is to be run. */
export interface Program {
  /** A line for the system's shell. */
  readonly command: string;
  /** Its working directory, absolute. */
  readonly folder: string;
  /** Variables besides those that any program of this machine needs; keys are none of these. */
  readonly variables: Readonly<Record<string, string>>;
  /** The names of further variables of the kernel's that it gets. */
  readonly pass: readonly string[];
  /** Milliseconds after which it is killed, with all that it has started. */
  readonly deadline: number;
  /** Takes keys out of its outputs, before they are cut. */
  readonly redact: (text: string) => string;
  /** The bytes of each of its outputs that are kept, the last ones. */
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

/** How a program ended. It and what it had started is gone by then, but for what has taken the program's mark off itself. */
export interface ProgramEnd {
  /** Its exit code; `null` where it was killed or could not be started. */
  readonly exitCode: number | null;
  /** How it ended, in words that follow "the program": "ended with exit code 3". */
  readonly how: string;
  /** Whether it was killed at its deadline. */
  readonly isOverdue: boolean;
  readonly stdout: string;
  readonly stderr: string;
}
