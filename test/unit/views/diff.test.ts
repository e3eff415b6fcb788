import { requireCandidate } from '@policybook/engine';
import { id } from '../../fixtures/run-events';
import { lunarEvents, proposed, raced, stateOf } from '../../fixtures/lunar-run';
import {
  buildDiffBundle,
  createCandidateSide,
  DIFF_MIME,
  buildDiffPayload,
  diffPayloadSchema,
  readDiffRows,
} from '@policybook/views';
import { policyAfter, policyBefore } from '../../fixtures/lunar-run';

const before = { reference: 'first@3', source: policyBefore, score: null };
const after = {
  reference: 'first@5',
  source: policyAfter,
  score: { mean: 238.9, low: 223.9, high: 253.9, episodes: 96 },
};

it('makes a unified diff with three lines of context', () => {
  const payload = buildDiffPayload(before, after);
  expect(diffPayloadSchema.parse(payload)).toEqual(payload);
  expect([payload.added, payload.removed]).toEqual([5, 3]);
  expect(payload.unified.split('\n').slice(0, 8)).toEqual([
    '--- first@3',
    '+++ first@5',
    '@@ -1,10 +1,12 @@',
    '-"""Lean into the fall, brake before touchdown."""',
    '-HOVER = 0.42        # tune: [0, 1]',
    '-DAMP = 0.9          # tune: [0, 2]',
    '+"""Lean into the fall, brake before touchdown, rest on both legs."""',
    '+HOVER = 0.55        # tune: [0, 1]',
  ]);
});

it('marks what changed inside replaced lines', () => {
  const rows = readDiffRows(buildDiffPayload(before, after).unified);
  const hover = rows.find(({ kind, after: line }) => kind === 'added' && line === 2);
  expect(hover?.spans.filter(({ changed }) => changed)).toEqual([{ text: '0.55', changed: true }]);
  expect(rows.filter(({ kind }) => kind === 'same')[0]).toMatchObject({ before: 4, after: 4 });
});

it.each(['größer', 'mit Leerzeichen ü.py', '中文/🎈.py', '"quoted".py'])(
  'writes the name %s as it is',
  (name) => {
    const { unified } = buildDiffPayload(
      { ...before, reference: name },
      { ...after, reference: `${name}@2` },
    );
    expect(unified.split('\n').slice(0, 3)).toEqual([`--- ${name}`, `+++ ${name}@2`, '@@ -1,10 +1,12 @@']);
    expect(readDiffRows(unified)).toEqual(readDiffRows(buildDiffPayload(before, after).unified));
  },
);

it('has names and no lines where the texts are the same', () => {
  expect(buildDiffPayload(before, { ...before, reference: 'grün' }).unified).toBe('--- first@3\n+++ grün\n');
});

it('names the score of a policy that was chosen by its episodes as such, without an interval', () => {
  const state = stateOf([...lunarEvents, proposed(30, 'bold'), raced(30, 305, false)]);
  const createSide = (number: number) =>
    createCandidateSide(state, requireCandidate(state, id(number)), {
      ...before,
      reference: `first@${number}`,
    });
  const bundle = buildDiffBundle(createSide(10), createSide(30));
  for (const mime of ['text/plain', 'text/markdown']) {
    expect(bundle[mime]).toContain('first@10: 271.3 [262.6, 280.0] over 128 episodes');
    expect(bundle[mime]).toMatch(/first@30: 305 while choosing, over 4 training episodes\n/);
  }
});

it('says when there is no difference', () => {
  expect(buildDiffBundle(before, { ...before, reference: 'first@4' })['text/plain']).toContain(
    'no difference',
  );
});

it('numbers lines over several hunks and puts a gap between them', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);
  const changed = lines.map((line) => (line === 'line 3' || line === 'line 25' ? `${line}!` : line));
  const { unified } = buildDiffPayload(
    { ...before, source: lines.join('\n') },
    { ...after, source: changed.join('\n') },
  );
  const rows = readDiffRows(unified);
  expect(rows.filter(({ kind }) => kind === 'gap')).toHaveLength(1);
  expect(rows.find(({ kind, before: line }) => kind === 'removed' && line === 25)?.spans).toBeDefined();
});

it('holds our own type, Markdown and text, in a fence that its content cannot close', () => {
  const hostile = {
    ...after,
    reference: '<b>`x`',
    source: '"""\n```\n<script>alert(1)</script>\n```\n"""\n',
  };
  const bundle = buildDiffBundle(before, hostile);
  expect(Object.keys(bundle)).toEqual([DIFF_MIME, 'text/markdown', 'text/plain']);
  expect(bundle['text/markdown']).toEqual(expect.stringContaining('````diff'));
  expect(bundle['text/markdown']).toEqual(expect.stringContaining('→ &lt;b\\>'));
});
