/** `inspect_request`: likewise. */
import { claims } from '../claims';
import type { Kernel } from '../kernel';
import { RELAY, reply, type Answer, type RequestOf } from './answer';

export function inspect(request: RequestOf<'inspect_request'>, kernel: Kernel): Answer | Promise<Answer> {
  return claims(request.code) ? inspectOurs(request, kernel) : RELAY;
}

async function inspectOurs(
  { code, cursor, detail }: RequestOf<'inspect_request'>,
  kernel: Kernel,
): Promise<Answer> {
  const inspection = await kernel.cells().inspect(code, cursor, detail);
  return inspection ? reply('inspect_reply', inspection) : RELAY;
}
