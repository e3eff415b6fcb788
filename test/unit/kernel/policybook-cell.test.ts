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
  '# a comment\n%%learn CartPole-v1',
  '#| label: learn\n#| echo: false\n\n%%learn CartPole-v1',
  '# %%\n%%policy p',
  '#\r\n%%environment e\r\n',
  '%%time\n%%learn x',
  '# c\n%%capture out --no-stderr\n\n# c\n%%learn x',
  '%%time\n%%capture\n%%compare',
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
  '%%time\nlearn()\n%%learn x',
  '%%writefile cells.txt\n%%learn x',
  '%%bash\n# c\n%%learn x',
  '%%timer\n%%learn x',
  '%%capture\n%%learn?',
  '# c\nx = 1\n%%learn x',
  '"""\n%%learn x"""',
  '# c\n"""\n%%learn x"""',
])('Python, which the workbench runs: %j', (code) => {
  expect(isPolicybookCell(code)).toBe(false);
});
