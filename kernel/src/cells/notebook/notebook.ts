/** What the notebook's cells have declared so far, and where its runs live. */
import type { EnvironmentFacts, EnvironmentSpec } from '@policybook/protocol';
import type { Evaluator } from '@policybook/engine';
import type { KernelServices } from '../../cell-service';
import { AuthorKeys } from './author-keys';
import { BackgroundRuns } from './background-runs';
import { Inboxes } from './inboxes';

/** An environment under a name of its own, checked by the evaluator. */
export interface DeclaredEnvironment {
  readonly name: string;
  readonly environment: EnvironmentSpec;
  /** Names of the coordinates that a policy sees. */
  readonly observation: readonly string[] | null;
  readonly returns: readonly [number, number] | null;
  readonly facts: EnvironmentFacts;
}

/** An environment that the evaluator has not checked. */
export type UncheckedEnvironment = Omit<DeclaredEnvironment, 'facts'>;

/** An environment as the evaluator would make it now. */
export interface CurrentEnvironment {
  /** The specification with the user's code as it is now. */
  readonly environment: EnvironmentSpec;
  readonly facts: EnvironmentFacts;
  /** How a simulator has failed behind its first step, in sentences, where that was let pass. */
  readonly failing?: string;
}

/** What was found out about an environment, which holds while its files stay as they are. */
export interface DescribedEnvironment extends CurrentEnvironment {
  /** Each watched path with its time of change and size. */
  readonly stamps: ReadonlyMap<string, string>;
}

/** A policy that a `%%policy` cell has declared. */
export interface DeclaredPolicy {
  readonly name: string;
  readonly source: string;
  /** The environment that its cell named, as it was then; `null` where it named none. */
  readonly environment: DeclaredEnvironment | null;
}

/** The state of one notebook's cells: declarations by name, background runs, and the services of its kernel. */
export class Notebook {
  readonly environments = new Map<string, DeclaredEnvironment>();
  /** Simulators whose constructors have to be given arguments, which another cell does; nothing was checked of them. */
  readonly openSimulators = new Map<string, UncheckedEnvironment>();
  readonly policies = new Map<string, DeclaredPolicy>();
  /** What is known of environments, by what was asked about them. */
  readonly described = new Map<string, DescribedEnvironment>();
  /** Environments that were found not to repeat a seed after they had been described, with what differed. */
  readonly unrepeatable = new Map<string, string>();
  /** What cells have put into the modules of environments, where that has been said. */
  readonly saidPatched = new Set<string>();
  /** Notes on environments that no cell has declared, where they have been said. */
  readonly saidNotes = new Set<string>();
  readonly background = new BackgroundRuns();
  /** Keys of authors, in this process alone. */
  readonly keys: AuthorKeys;
  readonly inboxes: Inboxes;
  /** Folder of the notebook; relative paths in cells start here. */
  readonly folder: string;

  constructor(
    readonly services: KernelServices,
    readonly evaluator: Evaluator,
  ) {
    this.folder = services.cwd;
    this.inboxes = new Inboxes((runs) => {
      services.publishRuns(runs);
    });
    this.keys = new AuthorKeys(services.env, services.python);
  }

  /** The folder of the notebook's runs, absolute: `policybook-runs/NOTEBOOK` where the user chose no other. */
  get runsFolder(): string {
    return this.services.identity.runsFolder;
  }
}
