import { readFailurePlace, readPolicyFailure } from '../../../packages/protocol/src';

const raised = {
  code: 'raised',
  message: 'division by zero',
  line: 3,
  column: null,
  seed: 5,
  step: 2,
} as const;

test('the failure of a policy that was played is the detail of the answer', () => {
  const answer = { ok: false, code: 'raised', message: 'division by zero', detail: { ...raised } } as const;
  expect(readPolicyFailure(answer)).toEqual(raised);
});

test('the failure of a text that was only read has its place', () => {
  const answer = {
    ok: false,
    code: 'syntax_error',
    message: 'not Python',
    detail: { line: 2, column: 7 },
  } as const;
  expect(readPolicyFailure(answer)).toEqual({
    code: 'syntax_error',
    message: 'not Python',
    line: 2,
    column: 7,
    seed: null,
    step: null,
  });
});

test('a failure that is not of the policy is none of a policy', () => {
  expect(readPolicyFailure({ ok: false, code: 'cancelled', message: 'stopped', detail: null })).toBeNull();
});

test.each([null, 'text', [1], { line: 'three' }])('a detail without a place, %j, has none', (detail) => {
  expect(readFailurePlace({ detail })).toEqual({ line: null, column: null });
});
