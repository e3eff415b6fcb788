/** What the workbench is sent of a declaration, so that `pb` finds it there. */
import type { Registration } from '../../cell-service';
import type { DeclaredEnvironment } from '../notebook/notebook';

/** Describes a declared environment as the workbench registers it. */
export function describeEnvironment(declared: DeclaredEnvironment): Registration {
  return {
    kind: 'environment',
    name: declared.name,
    environment: declared.environment,
    observation: declared.observation === null ? null : [...declared.observation],
    returns: declared.returns === null ? null : [...declared.returns],
  };
}
