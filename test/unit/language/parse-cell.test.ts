import { parseCell } from '../../../packages/language/src';

function diagnostics(code: string): readonly { code: string; line: number; column: number }[] {
  const cell = parseCell(code);
  return cell && 'diagnostics' in cell ? cell.diagnostics : [];
}

describe('kinds of cell', () => {
  test.each([
    ['x = 1', undefined],
    ['', undefined],
    ['# only a comment', undefined],
    ['%%time\nx = 1', undefined],
    ['%%learner X', undefined],
    ['%matplotlib inline', undefined],
    ['%runs\nprint(1)', undefined],
    ['print(1)\n%runs', undefined],
    ['%runs?', undefined],
    ['  %%learn X', undefined],
    ['%%learn CartPole-v1', 'learn'],
    ['%%environment windy\nid: X', 'environment'],
    ['%%simulator Cart\nclass Cart: ...', 'simulator'],
    ['%%policy mine for X\ndef act(o): return 0', 'policy'],
    ['%runs', 'commands'],
    ['# what there is\n%runs\n\n%diff a b', 'commands'],
    ['%%compare as x', 'compare'],
  ])('%j is %s', (code, kind) => {
    expect(parseCell(code)?.kind).toBe(kind);
  });
});

describe('headers', () => {
  test.each([
    ['LunarLander-v3', 'lunarlander'],
    ['zeroD', 'zeroD'],
    ['ALE/Breakout-v5', 'breakout'],
    ['module:My_Env-v0', 'my_env'],
    ['windy', 'windy'],
    ['2048-v0', 'run'],
    ['LunarLander-v3 as first', 'first'],
  ])('%%learn %s is the run %s', (header, run) => {
    expect(parseCell(`%%learn ${header}`)).toMatchObject({ kind: 'learn', run });
  });

  test('blank lines before the magic are skipped, as IPython does, and counted', () => {
    const cell = parseCell('\n  \n%%policy mine for windy\ndef act(o):\n    return 0\n');
    expect(cell).toMatchObject({
      kind: 'policy',
      name: 'mine',
      environment: 'windy',
      body: { line: 4, offset: 28, text: 'def act(o):\n    return 0\n' },
    });
  });

  test.each(['# %%\n', '#| label: x\n#| echo: false\n\n', '\n# c\n \n#d\n', '#\r\n'])(
    'comments before the magic are skipped and counted: %j',
    (before) => {
      const lines = before.split('\n').length;
      expect(parseCell(`${before}%%policy mine\nx = 1`)).toMatchObject({
        kind: 'policy',
        name: 'mine',
        body: { line: lines + 1, offset: before.length + 14, text: 'x = 1' },
      });
    },
  );

  test.each([
    [
      '%%time\n%%learn X',
      1,
      "%%time stands before %%learn: policybook's cells show their own time; remove that line",
    ],
    [
      '# c\n\n%%capture out --no-stderr\n# d\n%%compare\npolicies: [a]',
      3,
      "%%capture stands before %%compare: outputs of policybook's cells cannot be captured, those of pb.learn and pb.compare in Python can; remove that line",
    ],
    [
      '%%prun -s time\n%%time\n%%policy p\nx = 1',
      1,
      "%%prun stands before %%policy: what policybook's cells do runs in other processes, which it does not see; remove that line",
    ],
  ])('a magic of Python above ours is refused: %j', (code, line, message) => {
    expect(diagnostics(code)).toMatchObject([{ code: 'bad_header', line, column: 1, message }]);
  });

  test.each(['%%writefile cells.txt\n%%learn X', '%%time\nx = 1\n%%learn X', '# c\n"""\n%%learn X"""'])(
    'other cells with our magic in them are Python: %j',
    (code) => {
      expect(parseCell(code)).toBeUndefined();
    },
  );

  test('a carriage return is not part of a name', () => {
    expect(parseCell('%%policy mine\r\nx = 1\r\n')).toMatchObject({
      name: 'mine',
      body: { text: 'x = 1\r\n' },
    });
  });

  test.each([
    ['%%learn', 'missing', 1],
    ['%%environment', 'missing', 1],
    ['%%learn X az first', 'bad_header', 11],
    ['%%learn X as', 'missing', 11],
    ['%%learn X as a/b', 'bad_header', 14],
    ['%%learn X as con', 'bad_header', 14],
    ['%%learn X as a b', 'bad_header', 16],
    ['%%learn {env}', 'bad_header', 9],
    ['%%learn "X"', 'bad_header', 9],
    ['%%environment a b', 'bad_header', 17],
    ['%%policy p.py', 'bad_header', 10],
    ['%%policy 🎈🎈 for', 'bad_header', 10],
  ])('%s: %s in column %i', (code, diagnostic, column) => {
    expect(diagnostics(code)).toMatchObject([{ code: diagnostic, line: 1, column }]);
  });

  test('a diagnostic of a header suggests the nearest known word', () => {
    expect(parseCell('%%learn X az first')).toMatchObject({
      diagnostics: [
        { message: "%%learn ENV [as RUN]: did not expect 'az'; did you mean 'as'?", nearest: 'as' },
      ],
    });
  });
});
