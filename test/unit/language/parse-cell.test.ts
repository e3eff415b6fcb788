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
