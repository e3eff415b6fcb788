/** Costs added up, whatever they are of; zero fields stay absent. */
import type { ResourceUsage } from '../events';

const fields = ['episodes', 'steps', 'modelSteps', 'calls', 'tokensIn', 'tokensOut', 'money'] as const;

export function addUsage(a: ResourceUsage, b: ResourceUsage): ResourceUsage {
  const entries = fields.map((field) => [field, (a[field] ?? 0) + (b[field] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, amount]) => amount > 0));
}
