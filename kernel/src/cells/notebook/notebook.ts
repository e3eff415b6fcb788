/** What the notebook's cells have declared so far, and where its runs live. */
import type { EnvironmentFacts, EnvironmentSpec } from '@policybook/protocol';
import type { KernelServices } from '../../cell-service';
import { resolveRunsFolder } from '../../runs-folder';
import { BackgroundRuns } from './background-runs';
import { EvaluatorPort } from './evaluator-port';

/** An environment under a name of its own, checked by the evaluator. */
export interface DeclaredEnvironment {
  readonly name: string;
  readonly environment: EnvironmentSpec;
  /** Names of the coordinates that a policy sees. */
  readonly observation: readonly string[] | null;
  readonly returns: readonly [number, number] | null;
  readonly facts: EnvironmentFacts;
}

export interface DeclaredPolicy {
  readonly name: string;
  readonly source: string;
}

export class Notebook {
  readonly environments = new Map<string, DeclaredEnvironment>();
  readonly policies = new Map<string, DeclaredPolicy>();
  readonly background = new BackgroundRuns();
  readonly evaluator: EvaluatorPort;
  /** Folder of the notebook; relative paths in cells start here. */
  readonly folder: string;
  /** `policybook-runs/NOTEBOOK`, absolute. */
  readonly runsFolder: string;
  readonly log: (text: string) => void;

  constructor(readonly services: KernelServices) {
    this.evaluator = new EvaluatorPort(services.evaluator);
    this.folder = services.cwd;
    this.runsFolder = resolveRunsFolder(services);
    this.log = services.log;
  }
}
