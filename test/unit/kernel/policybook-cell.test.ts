import { isPolicybookCell } from '../../../kernel/src/policybook-cell';

test.each([
  '%%learn CartPole-v1',
  '%%environment windy\nid: x',
  '\n\n  \n%%policy p for windy\ndef act(o): ...',
  '%%simulator s\r\nclass A: ...',
  '%%compare',
  '%runs',
  '%diff a@1 a\n%replay a seed=3\n',
  '# look\n%runs\n\n%wait first',
])('a policybook cell: %j', (code) => {
  expect(isPolicybookCell(code)).toBe(true);
});

test.each([
  '',
  '1 + 1',
  '# only a comment',
  '%%learning x',
  '%%learn?',
  '%runs?',
  ' %%learn x',
  '%%bash\n%runs',
  '%matplotlib inline\n%runs',
  '%runs\nprint(1)',
  'x = 1\n%%learn x',
  '%run script.py',
  '%%time\n%%learn x',
  '"""\n%%learn x"""',
])('Python, which the workbench runs: %j', (code) => {
  expect(isPolicybookCell(code)).toBe(false);
});
