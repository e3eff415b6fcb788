/** An exported program is a policy up to the line that says so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY_END, takePolicy } from '../../../../kernel/src/cells/notebook/exported-text';

const POLICY = '# /// script\n# ///\n"""Rests."""\n\n\ndef act(observation):\n    return 0\n';

test('what an export has added is no part of the policy', () => {
  expect(takePolicy(`${POLICY}\n\n${POLICY_END}\n\nimport gymnasium\n`)).toBe(POLICY);
  expect(takePolicy(`${POLICY}\n\n${POLICY_END}\n\nimport gymnasium\n`.replaceAll('\n', '\r\n'))).toBe(
    POLICY,
  );
});

test('another text stays as it is', () => {
  expect(takePolicy(POLICY)).toBe(POLICY);
  expect(takePolicy(`${POLICY}TEXT = "${POLICY_END}"`)).toBe(`${POLICY}TEXT = "${POLICY_END}"`);
});

test('the line is the one that exports have', () => {
  const path = join(__dirname, '../../../../packages/runtime/policybook/verification/claim.py');
  expect(readFileSync(path, 'utf8')).toContain(`\nMARKER = "${POLICY_END}"\n`);
});
