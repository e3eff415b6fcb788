import { candidateId, type Audit } from '@policybook/engine';
import {
  buildAuditBundle,
  buildHandAuditBundle,
  formatAgreement,
  formatAuditLine,
  formatCurse,
} from '@policybook/views';

const score = (mean: number, low: number, high: number, episodes = 1000) => ({
  ...{ mean, low, high, episodes },
  deviation: 30,
});

const audit: Audit = {
  type: 'audited',
  number: 1,
  candidate: candidateId.parse(8),
  policy: 'ab',
  environment: 'cd',
  nonce: '00112233445566778899aabbccddeeff',
  requestedEpisodes: 1000,
  score: score(265.9, 255.1, 273),
  bounds: { low: -250, high: 320, assumed: false },
  believed: score(273.1, 247.9, 279.2, 40),
  returns: [],
  actions: '',
  against: {
    candidate: candidateId.parse(1),
    score: score(100, 90, 110),
    returns: [],
    difference: score(165.9, 150, 175),
  },
  versions: {},
  usage: { episodes: 2000 },
};

function plain(audits: readonly Audit[]): string {
  const text = buildAuditBundle('first', audits)['text/plain'];
  return typeof text === 'string' ? text : '';
}

test("an audit shows the score on fresh seeds, the run's own estimate, and the command that repeats it", () => {
  const text = plain([audit]);
  expect(text).toBe(`first@8: 265.9 [255.1, 273.0] over 1,000 fresh episodes
  the run's estimate was 273.1 [247.9, 279.2]: agrees
  against first@1 on the same seeds: +165.9 [150.0, 175.0] over 1,000 pairs
  nonce 00112233445566778899aabbccddeeff, audit 1 of this run`);
  expect(buildAuditBundle('first', [audit])['text/markdown']).toContain(
    '**first@8: 265.9 \\[255.1, 273.0\\]',
  );
});

test('a later audit is shown with all earlier ones', () => {
  const later = { ...audit, number: 2, score: score(300, 290, 310) };
  const text = plain([audit, later]);
  expect(text).toContain('audit 2 of this run');
  expect(text).toMatch(/1 +first@8 +265\.9 .* {2}agrees/);
  expect(text).toMatch(/2 +first@8 +300\.0 .* {2}26\.9 too low/);
});

test('an audit of a policy that the run had not measured says what there was, and how to read it', () => {
  const unmeasured = { ...audit, believed: null, whileChoosing: { mean: 300.25, episodes: 24 } };
  const text = plain([unmeasured, { ...unmeasured, number: 2 }]);
  expect(text).toContain(
    "the run had only 300.25 while choosing, over 24 training episodes, 34.4 too good (winner's curse): trust the fresh score",
  );
  expect(text).toMatch(/1 +first@8 +265\.9 .*300\.25 while choosing, 34\.4 too good/);
  expect(text).not.toContain('no estimate');
});

test('an audit of a policy by hand shows the score, what to know, and that nothing records it', () => {
  const bundle = buildHandAuditBundle('größer', { ...audit, against: null, failed: 3 });
  expect(bundle['text/plain']).toBe(`größer: 265.9 [255.1, 273.0] over 1,000 fresh episodes
  it failed in 3 episodes, counted as -250
  a policy by hand has no run: this audit is not recorded
  nonce 00112233445566778899aabbccddeeff`);
  expect(bundle['text/markdown']).toContain('**größer: 265.9');
});

test('caveats are shown next to the score', () => {
  const odd: Audit = {
    ...audit,
    requestedEpisodes: 2000,
    failed: 3,
    bounds: { low: -250, high: 320, assumed: true, clipped: 1 },
    believed: null,
  };
  const text = plain([odd]);
  expect(text).toContain('ended before the 2,000 episodes');
  expect(text).toContain('failed in 3 episodes, counted as -250');
  expect(text).toContain('assumed to lie in -250 to 320');
  expect(text).toContain('1 return outside -250 to 320');
  expect(text).toContain('had no estimate of it');
});

test("the run's log has one line for an audit", () => {
  expect(formatAuditLine(audit)).toBe(
    "audit 1: 265.9 [255.1, 273.0] over 1,000 fresh episodes; the run's estimate was 273.1 [247.9, 279.2]: agrees",
  );
  expect(formatAgreement(score(240, 230, 245), score(273.1, 247.9, 279.2))).toBe('33.1 too good');
  expect(formatCurse(audit.score, 272)).toBeNull();
});

test('an audit says how many episodes the environment has lost', () => {
  const text = plain([{ ...audit, usage: { episodes: 2000, lost: 3 } }]);
  expect(text).toContain('3 of 2,003 episodes lost: the environment failed in them');
});
