/** A notebook in the toy world: cells run as in a kernel, with a fake behind the evaluator's port and files in a folder of the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, DisplayData } from '@policybook/wire';
import type {
  EvaluatorMethod,
  EvaluatorProgress,
  MethodParams,
  MethodResult,
  Result,
} from '@policybook/protocol';
import type {
  CellExecution,
  CellOutcome,
  CellService,
  KernelServices,
  Registration,
} from '../../../../kernel/src/cell-service';
import { createCellService } from '../../../../kernel/src/cells';
import { ToyEvaluator, toySource, type ToyPolicy } from '../../engine/simulation';

type Answers = { [M in EvaluatorMethod]: (params: MethodParams<M>) => Result<MethodResult<M>> };

/** Rounds of the search author in the toy world: each improves on the one before. */
const ROUNDS: readonly (readonly ToyPolicy[])[] = [[{ mean: 0 }, { mean: 40 }], [{ mean: 70 }]];

/** The toy evaluator, with a search author's rounds, and an answer of the test's own for any method. */
export class CellEvaluator extends ToyEvaluator {
  own: Partial<Answers> = {
    'search.propose': ({ round }) => this.propose(round),
    'figure.png': () => ({ ok: true, value: { png: 'iVBORw0KGgo=' } }),
  };

  override async request<M extends EvaluatorMethod>(
    method: M,
    params: MethodParams<M>,
    options: { signal: AbortSignal; onProgress?: (progress: EvaluatorProgress) => void },
  ): Promise<Result<MethodResult<M>>> {
    const answer: Partial<Answers>[M] = this.own[method];
    if (answer === undefined) return super.request(method, params, options);
    this.asked.push(method);
    await Promise.resolve();
    return answer(params);
  }

  private propose(round: number): Result<MethodResult<'search.propose'>> {
    const proposals = (ROUNDS[round] ?? []).map((policy, index) => ({
      label: `idea ${round}.${index}`,
      idea: 'An idea.',
      source: toySource(policy),
      baseline: round === 0 && index === 0,
    }));
    const usage = { episodes: 0, steps: 0, modelSteps: 0, cpuSeconds: 0 };
    return {
      ok: true,
      value: { proposals, usage, findings: [], limitation: null, exhausted: round + 1 >= ROUNDS.length },
    };
  }
}

/** What a cell did and how it ended. */
export interface RanCell {
  readonly outcome: CellOutcome;
  /** `NAME: MESSAGE` of the error that it ended with, `''` for none. */
  readonly error: string;
  /** The lines below it. */
  readonly traceback: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  /** Latest state of every output. */
  readonly outputs: readonly DisplayData[];
  readonly registrations: readonly Registration[];
}

/** One notebook and its kernel; a second one of the same folder is what a restart gives. */
export class CellWorld {
  readonly evaluator = new CellEvaluator();
  /** Values of the workbench's variables. */
  readonly variables = new Map<string, Json>();
  /** The error of every expression without a value. */
  expressionError = 'NameError';
  /** What registering a declaration in the workbench fails with. */
  registrationError: Error | null = null;
  /** Level of the sandbox that the user has agreed to. */
  consented: number | null = null;
  /** What pages were last told of runs in the background. */
  liveRuns: Json = null;
  readonly service: CellService;

  constructor(
    readonly folder: string,
    env: NodeJS.ProcessEnv = {},
  ) {
    const closed = { ok: false as const, code: 'closed', message: 'no kernel here', detail: null };
    const services: KernelServices = {
      evaluator: {
        request: () => Promise.resolve(closed),
        consent: (level) => {
          this.consented = level;
        },
      },
      workbench: {
        evaluate: (expression) => this.evaluate(expression),
        complete: () => Promise.resolve(undefined),
        inspect: () => Promise.resolve(undefined),
      },
      cwd: folder,
      env,
      python: 'python3',
      runtimeFolder: folder,
      identity: { runsFolder: join(folder, 'policybook-runs', 'toys'), announce: () => null },
      publishRuns: (runs) => {
        this.liveRuns = runs;
      },
      log: () => undefined,
    };
    this.service = createCellService(services, this.evaluator);
  }

  /** Where the notebook's runs are. */
  get runsFolder(): string {
    return join(this.folder, 'policybook-runs', 'toys');
  }

  async run(code: string, signal: AbortSignal = new AbortController().signal): Promise<RanCell> {
    const streams = { stdout: '', stderr: '' };
    const outputs: DisplayData[] = [];
    const registrations: Registration[] = [];
    const execution: CellExecution = {
      code,
      silent: false,
      storeHistory: true,
      signal,
      display: (data) => {
        const index = outputs.push(data) - 1;
        return {
          id: String(index),
          update: (next) => {
            outputs[index] = next;
          },
        };
      },
      stream: (name, text) => {
        streams[name] += text;
      },
      evaluate: (expression) => this.evaluate(expression),
      reportUserCode: () => Promise.resolve({ ok: true, value: null }),
      register: (registration) => {
        registrations.push(registration);
        return this.registrationError === null ? Promise.resolve() : Promise.reject(this.registrationError);
      },
    };
    const outcome = await this.service.run(execution);
    const error = outcome.status === 'error' ? `${outcome.ename}: ${outcome.evalue}` : '';
    return {
      outcome,
      error,
      traceback: outcome.status === 'error' ? outcome.traceback : [],
      outputs,
      registrations,
      get stdout() {
        return streams.stdout;
      },
      get stderr() {
        return streams.stderr;
      },
    };
  }

  private evaluate(expression: string): ReturnType<CellExecution['evaluate']> {
    const value = this.variables.get(expression);
    return Promise.resolve(
      value === undefined
        ? {
            ok: false,
            code: this.expressionError,
            message: `name '${expression}' is not defined`,
            detail: null,
          }
        : { ok: true, value },
    );
  }
}

/** A notebook for each test, in a folder that is removed after it. */
export function useCellWorld(): () => CellWorld {
  let world: CellWorld;
  beforeEach(async () => {
    world = new CellWorld(await mkdtemp(join(tmpdir(), 'policybook-cells-')));
  });
  afterEach(async () => {
    await world.service.dispose();
    await rm(world.folder, { recursive: true, force: true });
  });
  return () => world;
}

/** Plain text of all outputs. */
export const textOf = ({ outputs }: RanCell): string =>
  outputs.flatMap(({ 'text/plain': text }) => (typeof text === 'string' ? [text] : [])).join('\n');
