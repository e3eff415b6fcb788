/** The seam between the kernel, which knows the protocol, and the cells, which know policybook's language. */
import type {
  CompleteReply,
  ErrorContent,
  InspectReply,
  IsCompleteReply,
  Json,
  JsonObject,
  DisplayData,
} from '@policybook/wire';
import type { Result } from '@policybook/protocol';
import type { NotebookIdentity } from './notebook-identity';
import type { EvaluatorClient } from './subkernels/evaluator-client';

/** What runs policybook cells. There is one for each kernel process, created at the first policybook cell. */
export interface CellService {
  /**
   * Runs a policybook cell to its end. It is called for one cell at a time and must end soon after `cell.signal` aborts;
   * a rejection is reported as a fault of policybook's.
   */
  run(cell: CellExecution): Promise<CellOutcome>;
  /** Offsets, here and in replies, count UTF-16 units. `undefined` leaves the question to the workbench. */
  complete(code: string, cursor: number): Promise<CompleteReply | undefined>;
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<InspectReply | undefined>;
  isComplete(code: string): IsCompleteReply | undefined;
  /** Does what a click on a page says to a run in the background, and returns the answer. */
  takePageMessage(message: Json): Promise<JsonObject>;
  /** Called once, at kernel shutdown; what it has not finished after a second is lost. */
  dispose(): Promise<void>;
}

/** One policybook cell, being run. */
export interface CellExecution {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  /** Aborts on interrupt and on shutdown; the only way in which a cell is cancelled. */
  readonly signal: AbortSignal;
  /** Shows a view; it can be updated while the cell runs and after. */
  display(data: DisplayData, metadata?: JsonObject): DisplayHandle;
  stream(name: 'stdout' | 'stderr', text: string): void;
  /** Evaluates a Python expression in the workbench; what it prints appears under this cell. */
  evaluate(expression: string, options?: EvaluateOptions): Promise<Result<Json>>;
  /**
   * What the user's Python would add to an environment: where it looks for modules and files, and what it has registered
   * under the id; `null` asks for no id.
   */
  reportUserCode(id: string | null): Promise<Result<Json>>;
  /**
   * Sends the cell to the workbench, where its magic records what was declared (see {@link Registration}).
   * At most once a cell; where `run` ends without it, the kernel does it with an empty or failed registration,
   * so that `In`, `%history` and execution counts stay one sequence. Resolves when the workbench has it.
   */
  register(registration: Registration): Promise<void>;
}

/** What the workbench's magics record: `pb.environment(name)` and its like find it there. */
export type Registration =
  | { readonly failed: true }
  | { readonly kind: string; readonly name: string; readonly [key: string]: Json }
  | { readonly declarations: readonly { readonly [key: string]: Json }[] };

/** A view that was shown; its `id` is the `display_id` of its updates. */
export interface DisplayHandle {
  readonly id: string;
  update(data: DisplayData, metadata?: JsonObject): void;
}

/** How a cell ended. A `payload` goes into its execute reply. */
export type CellOutcome =
  | { readonly status: 'ok'; readonly payload?: readonly JsonObject[] }
  | ({ readonly status: 'error' } & ErrorContent);

/** How an expression is evaluated. */
export interface EvaluateOptions {
  /**
   * Whether a value that JSON would change is refused, with the code `InexactValueError`. The value is then an object with
   * the `value` and the paths of its `floats` that are whole numbers.
   */
  readonly isExact?: boolean;
}

/** Questions to the user's Python that leave no trace in its history. Offsets count UTF-16 units. */
export interface WorkbenchService {
  evaluate(expression: string, options?: EvaluateOptions): Promise<Result<Json>>;
  complete(code: string, cursor: number): Promise<CompleteReply | undefined>;
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<InspectReply | undefined>;
}

/** What the kernel gives to the cells. */
export interface KernelServices {
  readonly evaluator: Pick<EvaluatorClient, 'request' | 'consent'>;
  readonly workbench: WorkbenchService;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The interpreter that workbench and evaluator run in. */
  readonly python: string;
  /** The kernel's folder that only its user reads, in which programs of theirs find what the kernel offers them. */
  readonly runtimeFolder: string;
  /** Where the notebook's runs are, and what is to be said about that. */
  readonly identity: Pick<NotebookIdentity, 'runsFolder' | 'announce'>;
  /** Says to pages which runs go on in the background by now. */
  readonly publishRuns: (runs: JsonObject) => void;
  /** A line for the server's log. */
  readonly log: (text: string) => void;
}

/** What `cells.cjs` exports. */
export interface CellModule {
  createCellService(services: KernelServices): CellService;
}
