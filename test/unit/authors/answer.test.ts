/** What an answer comes to: a whole file, edits of an earlier text, or the wish to read others. */
import { readAnswer, type AnswerContext } from '../../../packages/authors/src/answer';
import { id } from './run-request';

const TEXTS: Readonly<Record<number, string>> = { 1: 'x = 1\n', 2: 'x = 2\n' };
const CONTEXT: AnswerContext = {
  fallback: 'a model 3',
  taken: new Set(['lean']),
  findText: (candidate) => TEXTS[candidate],
  best: id(2),
  draft: null,
  allowsEdits: true,
};
const FILE = '```python\nx = 3\n```\n';
const edit = (from: string, to: string): string =>
  `<<<<<<< SEARCH\n${from}\n=======\n${to}\n>>>>>>> REPLACE\n`;
const read = (text: string, change: Partial<AnswerContext> = {}) =>
  readAnswer(text, { ...CONTEXT, ...change });

/** Why a text is no policy. */
function explain(text: string, change: Partial<AnswerContext> = {}): string {
  const answer = read(text, change);
  return answer.kind === 'no_policy' ? answer.message : `it is a ${answer.kind}`;
}

test('a whole file names its parents, or none', () => {
  expect(read(`Label: push\nIdea: Push.\nParent: @1, @2\n\n${FILE}`)).toEqual({
    kind: 'proposal',
    notes: [],
    proposal: { label: 'push', idea: 'Push.', source: 'x = 3\n', parent: 1, joined: 2 },
  });
  expect(read(`**Label:** lean\nIdea: Push.\n\n${FILE}`)).toEqual({
    kind: 'proposal',
    notes: [],
    proposal: { label: 'lean 2', idea: 'Push.', source: 'x = 3\n' },
  });
});

test('edits change the best policy, the parent that is named, or the last text of the conversation', () => {
  const draft = { label: 'push', idea: 'Push.', source: 'x = 9\n', parent: id(1) };
  const change = (text: string, more: Partial<AnswerContext> = {}) => {
    const answer = read(text, more);
    return answer.kind === 'proposal' ? answer.proposal : answer;
  };
  expect(change(edit('x = 2', 'x = 4'))).toMatchObject({ source: 'x = 4\n' });
  expect(change(`Parent: @1\n${edit('x = 1', 'x = 4')}`)).toMatchObject({ source: 'x = 4\n', parent: 1 });
  expect(change(edit('x = 9', 'x = 4'), { draft })).toEqual({ ...draft, source: 'x = 4\n' });
  expect(change(`\`\`\`python\n${edit('x = 2', 'x = 4')}\`\`\`\n\`\`\`python\n\`\`\`\n`)).toMatchObject({
    source: 'x = 4\n',
  });
});

test.each([
  [
    'edits that do not fit',
    `Parent: @1\n${edit('x = 2', 'x = 4')}`,
    'The edits do not fit the text of @1. The block does not match',
  ],
  ['edits and a whole file', edit('x = 2', 'x = 4') + FILE, 'edits and a whole Python file'],
  ['a parent that there is not', `Parent: @7\n${FILE}`, 'names the parent @7, and there is no such policy'],
  ['three parents', `Parent: @1, @2, @3\n${FILE}`, 'there is no such policy'],
  ['half a block', '<<<<<<< SEARCH\nx = 2\n', 'Block 1 of the answer has no line'],
  ['two files', FILE + FILE, 'holds 2 Python files where exactly one is wanted'],
])('%s: no policy, and why', (_, text, message) => {
  expect(explain(text)).toContain(message);
});

test('edits with nothing before them, and edits of a model that writes whole files, are no policy', () => {
  expect(explain(edit('x = 2', 'x = 4'), { best: null })).toContain('no earlier text');
  expect(explain(edit('x = 2', 'x = 4'), { allowsEdits: false })).toContain('holds 0 Python files');
});

test('an answer asks for texts where it holds nothing else', () => {
  expect(read('Read: @2, @1, @2, @40')).toEqual({ kind: 'reading', candidates: [2, 1, 40], notes: [] });
  expect(read(`Read: @1\n${FILE}`)).toMatchObject({ kind: 'proposal' });
});

test('an answer predicts a gain, and has notes for its author', () => {
  const answer = read(
    `Label: push\nIdea: Push.\n**Expect:** +12.5 points\nNote: The left wall is sticky.\nNote: Wind grows.\n${FILE}`,
  );
  expect(answer).toEqual({
    kind: 'proposal',
    proposal: { label: 'push', idea: 'Push.', source: 'x = 3\n', expected: 12.5 },
    notes: ['The left wall is sticky.', 'Wind grows.'],
  });
  expect(read(`Expect: a lot\n${FILE}`)).toMatchObject({ proposal: { label: 'a model 3' } });
  expect(read('Read: @1\nNote: Look at the wind.')).toMatchObject({ notes: ['Look at the wind.'] });
});

test.each([
  ['line feeds', '\n'.repeat(500_000)],
  ['spaces', ' '.repeat(500_000)],
  ['stars', '*'.repeat(500_000)],
  ['fences that are never closed', '```python\n'.repeat(60_000)],
])('an answer of half a million %s is read at once', (_, text) => {
  // Quadratic reading would take minutes here, which the time of a test does not allow.
  expect(read(text)).toMatchObject({ kind: 'no_policy' });
});
