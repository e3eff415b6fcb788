/** What the notebook's cells have declared so far, and where its runs live. */
import type { EnvironmentFacts, EnvironmentSpec } from '@policybook/protocol';
import type { Evaluator } from '@policybook/engine';
import type { KernelServices } from '../../cell-service';
import { BackgroundRuns } from './background-runs';

/** An environment under a name of its own, checked by the evaluator. */
export interface DeclaredEnvironment {
  readonly name: string;
  readonly environment: EnvironmentSpec;
  /** Names of the coordinates that a policy sees. */
  readonly observation: readonly string[] | null;
  readonly returns: readonly [number, number] | null;
  readonly facts: EnvironmentFacts;
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
  readonly policies = new Map<string, DeclaredPolicy>();
  readonly background = new BackgroundRuns();
  /** Folder of the notebook; relative paths in cells start here. */
  readonly folder: string;

  constructor(
    readonly services: KernelServices,
    readonly evaluator: Evaluator,
  ) {
    this.folder = services.cwd;
  }

  /** The folder of the notebook's runs, absolute: `policybook-runs/NOTEBOOK` where the user chose no other. */
  get runsFolder(): string {
    return this.services.identity.runsFolder;
  }
}
