/** The hand-written reader of the evaluator's frames against the protocol's schema. */
import type { Json } from '../../../packages/wire/src';
import { evaluatorFrame } from '../../../packages/protocol/src';
import { readEvaluatorFrame } from '../../../kernel/src/subkernels/evaluator-frame';

const frames: Json[] = [
  { kind: 'accepted', key: 'a' },
  { kind: 'progress', key: 'a', value: { episodes: 1 } },
  { kind: 'progress', key: 'a', value: 0 },
  { kind: 'result', key: 'a', value: null },
  { kind: 'failure', key: 'a', code: 'cancelled', message: '', detail: null },
  { kind: 'failure', key: 'a', code: 'internal', message: 'no', detail: { line: 1 } },
];

const readFields = (frame: Json): Record<string, Json> => ({ ...(frame as Record<string, Json>) });

/** The frame without one of its fields, with a field of another type, and with one field more, for each field. */
function makeMalformed(frame: Json): Json[] {
  const keys = Object.keys(readFields(frame));
  const shortened = keys.map((key) =>
    Object.fromEntries(Object.entries(readFields(frame)).filter(([k]) => k !== key)),
  );
  const retyped = keys.map((key) => ({ ...readFields(frame), [key]: 7 }));
  return [...shortened, ...retyped, { ...readFields(frame), more: 1 }];
}

test.each(frames)('a frame of the schema is read as it is: %j', (frame) => {
  expect(evaluatorFrame.safeParse(frame).success).toBe(true);
  expect(readEvaluatorFrame(frame)).toEqual(frame);
});

test.each([...frames.flatMap(makeMalformed), null, [], 'accepted', { kind: 'other', key: 'a' }])(
  'a frame is read where the schema takes it, and else not: %j',
  (frame) => {
    expect(readEvaluatorFrame(frame) !== undefined).toBe(evaluatorFrame.safeParse(frame).success);
  },
);
