/** The evaluator kernel as the engine's port: every reply is parsed by the schema of its method. */
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
    const reply = await this.client.request(method, params, {
      signal,
      onProgress: (value) => {
        const progress = evaluatorProgress.safeParse(value);
        if (progress.success) onProgress?.(progress.data);
      },
    });
    if (!reply.ok) return reply;
    const parsed = evaluatorMethods[method].result.safeParse(reply.value);
    if (parsed.success) return { ok: true, value: parsed.data as MethodResult<M> };
    return {
      ok: false,
      code: 'protocol_error',
      message: `the evaluator's reply to ${method} does not fit its schema (${parsed.error.message}); restart the kernel, and report it if it comes again`,
      detail: null,
    };
  }
}
