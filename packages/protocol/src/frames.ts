/** What kernel and evaluator send each other as the data of messages on the comm `policybook.evaluator`. */
import { z } from 'zod';
import { jsonSchema } from './json-schema';
import { isolationLevel } from './spec';

/** Asks for a method's result. The key names the request by its content: a repeated one joins that under way. */
export const requestFrame = z.strictObject({
  kind: z.literal('request'),
  key: z.string(),
  method: z.string(),
  params: z.record(z.string(), jsonSchema),
  /** The hash of a registered text, which is the parameter `source`. */
  policy: z.string().exactOptional(),
});
/** A frame that asks for a method's result, parsed. */
export type RequestFrame = z.infer<typeof requestFrame>;

/** Says that this kernel no longer waits for the request. */
export const cancelFrame = z.strictObject({ kind: z.literal('cancel'), key: z.string() });

/** Says that the user has agreed that policies run at this isolation level. */
export const consentFrame = z.strictObject({ kind: z.literal('consent'), level: isolationLevel });

/** Hands over a policy's text, which later requests name by its hash: the SHA-256 of its UTF-8 in hexadecimal. */
export const registerFrame = z.strictObject({
  kind: z.literal('register'),
  hash: z.string(),
  source: z.string(),
});

/** What the kernel sends. */
export const kernelFrame = z.union([requestFrame, cancelFrame, consentFrame, registerFrame]);
/** What the kernel sends, parsed. */
export type KernelFrame = z.infer<typeof kernelFrame>;

/** Says that the evaluator has taken the request. */
export const acceptedFrame = z.strictObject({ kind: z.literal('accepted'), key: z.string() });

/** Reports of a running request; a method's progress is `evaluatorProgress`. */
export const progressFrame = z.strictObject({
  kind: z.literal('progress'),
  key: z.string(),
  value: jsonSchema,
});

/** Answers a request with its method's result. */
export const resultFrame = z.strictObject({
  kind: z.literal('result'),
  key: z.string(),
  value: jsonSchema,
});

/** Answers a request that failed: `code` is for programs, `message` for people, `detail` for both. */
export const failureFrame = z.strictObject({
  kind: z.literal('failure'),
  key: z.string(),
  code: z.string(),
  message: z.string(),
  detail: jsonSchema,
});

/** What the evaluator sends. */
export const evaluatorFrame = z.union([acceptedFrame, progressFrame, resultFrame, failureFrame]);
/** What the evaluator sends, parsed. */
export type EvaluatorFrame = z.infer<typeof evaluatorFrame>;
