/** A declared search, resolved, as the engine takes it. */
import {
  defaultAcceptance,
  defaultLimits,
  defaultRacing,
  type PolicyLimits,
  type RunSettings,
} from '@policybook/engine';
import type { PolicyLimitsDeclaration, SearchDeclaration } from '@policybook/language';
import type { DeclaredEnvironment } from './notebook';

/** `start`: the text that the declaration's reference names. */
export function runSettings(
  declaration: SearchDeclaration & { readonly seed: number; readonly policy: PolicyLimitsDeclaration },
  environment: DeclaredEnvironment,
  start: string | null,
): RunSettings {
  const { author, budget, seed, racing, acceptance, control, simplify, tune } = declaration;
  return {
    environment: environment.environment,
    environmentName: environment.name,
    observation: environment.observation === null ? null : [...environment.observation],
    author,
    budget,
    seed,
    returns: environment.returns === null ? null : [...environment.returns],
    racing: { ...defaultRacing, ...racing },
    acceptance: { ...defaultAcceptance, ...acceptance },
    control,
    simplify,
    tune,
    policy: policyLimits(declaration.policy),
    start,
  };
}

/** What a policy may use: as declared, else the defaults. */
export function policyLimits({ imports, ...limits }: PolicyLimitsDeclaration): PolicyLimits {
  return { ...defaultLimits, ...limits, ...(imports && { imports: [...imports] }) };
}
