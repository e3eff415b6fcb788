/** The protocol between kernel and evaluator, and the types that all our packages share. */
export { evaluatorMethods, type EvaluatorMethod, type MethodParams, type MethodResult } from './methods';
export { ablatedPart, movedConstant, type AblatedPart, type MovedConstant } from './methods/policy-ablate';
export { seenRange, type SeenRange } from './methods/environment-probe';
export { exportClaim, type ExportClaim } from './methods/policy-export';
export { doctorSection, type DoctorSection } from './methods/doctor';
export { unexercisedPart, type UnexercisedPart } from './methods/simplify';
export { tracedStep, type TracedStep } from './methods/trace';
export { tunerGeneration } from './methods/tune';
export { writeCanonicalJson } from './canonical-json';
export {
  acceptedFrame,
  cancelFrame,
  consentFrame,
  evaluatorFrame,
  failureFrame,
  kernelFrame,
  progressFrame,
  registerFrame,
  requestFrame,
  resultFrame,
  type EvaluatorFrame,
  type KernelFrame,
  type RequestFrame,
} from './frames';
export { formatCount, formatQuantity } from './format-quantity';
export { formatDecimals, formatNumeral } from './format-numeral';
export { formatStep } from './format-step';
export type { Json } from './json';
export { evaluatorProgress, type EvaluatorProgress } from './progress';
export {
  readFailedKey,
  readFailurePlace,
  readMissingArguments,
  readPolicyFailure,
  type FailurePlace,
} from './read-policy-failure';
export type { Failure, Result } from './result';
export * from './model-prices';
export * from './named-rows';
export * from './resources';
export * from './spec';
export { foldName } from './fold-name';
