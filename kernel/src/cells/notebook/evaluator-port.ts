/** The evaluator kernel as the engine's port: every answer is parsed by the schema of its method. */
import {
  evaluatorMethods,
  evaluatorProgress,
  type EvaluatorMethod,
  type EvaluatorProgress,
  type MethodParams,
  type MethodResult,
  type Result,
} from '@policybook/protocol';
import { type Evaluator } from '@policybook/engine';
import type { KernelServices } from '../../cell-service';

/** Sends requests to the evaluator kernel. A reply that does not fit its method's schema fails with the code `protocol_error`. */
export class EvaluatorPort implements Evaluator {
  constructor(private readonly client: Pick<KernelServices['evaluator'], 'request'>) {}

  async request<M extends EvaluatorMethod>(
    method: M,
    params: MethodParams<M>,
    options: { signal: AbortSignal; onProgress?: (progress: EvaluatorProgress) => void },
  ): Promise<Result<MethodResult<M>>> {
    const { signal, onProgress } = options;
    const answer = await this.client.request(method, params, {
      signal,
      onProgress: (value) => {
        const progress = evaluatorProgress.safeParse(value);
        if (progress.success) onProgress?.(progress.data);
      },
    });
    if (!answer.ok) return answer;
    const parsed = evaluatorMethods[method].result.safeParse(answer.value);
    if (parsed.success) return { ok: true, value: parsed.data as MethodResult<M> };
    return {
      ok: false,
      code: 'protocol_error',
      message: `the evaluator's answer to ${method} is not what was agreed: ${parsed.error.message}`,
      detail: null,
    };
  }
}
