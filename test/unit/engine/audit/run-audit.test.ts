import {
  deriveAuditSeeds,
  candidateId,
  hashEnvironment,
  fold,
  createAuditEvent,
  learn,
  requireCandidate,
  hashPolicy,
  runAudit,
  type AuditTask,
  type RunEvent,
  type RunState,
} from '../../../../packages/engine/src/index';
import {
  MemoryJournal,
  NEXT_SEED,
  ScriptedAuthor,
  ToyEvaluator,
  stillClock,
  toyFacts,
  toyReturn,
  toySettings,
  toySource,
  type ToyPolicy,
} from '../simulation';

const weak: ToyPolicy = { mean: 5, noise: 3 };
const strong: ToyPolicy = { mean: 9, noise: 3 };
const settings = toySettings({ returns: [-20, 40], simplify: false, tune: false });
const one = candidateId.parse(1);
const two = candidateId.parse(2);
const nonce = '0'.repeat(32);

/** Fails to play one policy, and is still playing the other. */
class OneSidedEvaluator extends ToyEvaluator {
  /** The signal of the request that is under way. */
  other: AbortSignal | null = null;

  constructor(private readonly broken: string) {
    super();
  }

  override request: ToyEvaluator['request'] = (_method, params, { signal }) => {
    if ('source' in params && params.source === this.broken)
      return Promise.resolve({ ok: false, code: 'evaluator_died', message: 'gone', detail: null });
    this.other = signal;
    return new Promise(() => undefined);
  };
}

async function learned(): Promise<{ journal: MemoryJournal; state: RunState; sources: string[] }> {
  const journal = new MemoryJournal();
  const state = await sit(journal, []);
  return { journal, state, sources: [weak, strong].map(toySource) };
}

function sit(journal: MemoryJournal, resumeFrom: readonly RunEvent[], signal = new AbortController().signal) {
  const ports = {
    author: new ScriptedAuthor([[weak], [strong]]),
    evaluator: new ToyEvaluator(),
    journal,
    clock: stillClock,
  };
  return learn({ run: 'first', settings, facts: toyFacts }, ports, { signal, resumeFrom });
}

async function audited(
  change: Partial<AuditTask> = {},
  evaluator = new ToyEvaluator(),
  signal?: AbortSignal,
  journal = new MemoryJournal(),
) {
  const { state } = await learned();
  const task = {
    context: state,
    source: toySource(strong),
    against: toySource(weak),
    nonce,
    episodes: 120,
    versions: { python: '3.11' },
    ...change,
  };
  const { audit, ...rest } = await runAudit(task, {
    evaluator,
    journal,
    clock: stillClock,
    signal: signal ?? new AbortController().signal,
    onProgress: () => undefined,
  });
  return { ...rest, audit: audit && createAuditEvent(state, { candidate: two, against: one }, audit) };
}

test('plays the seeds of hash, environment and nonce, and says what the run had estimated', async () => {
  const { audit, stopped } = await audited();
  const key = {
    policy: hashPolicy(toySource(strong)),
    environment: hashEnvironment(settings.environment),
    nonce,
  };
  expect(stopped).toBeNull();
  expect(audit).toMatchObject({ number: 1, candidate: two, requestedEpisodes: 120, ...key });
  expect(audit?.returns).toEqual(deriveAuditSeeds(key, 120).map((seed) => toyReturn(strong, seed)));
  expect(audit?.score.low).toBeLessThan(9);
  expect(audit?.score.high).toBeGreaterThan(9);
  expect(audit?.believed?.mean).toBeGreaterThan(7);
  expect(audit?.usage).toEqual({ episodes: 240, steps: 2400 });
});

test('an audit of a policy that was not measured keeps what its training episodes gave', async () => {
  const { state } = await learned();
  const { audit } = await audited();
  if (!audit) throw new Error('there is an audit');
  const training = new Map([
    [1, 8],
    [2, 12],
  ]);
  const candidate = { ...requireCandidate(state, two), score: null, training, fresh: new Map() };
  const unmeasured = { ...state, candidates: new Map(state.candidates).set(two, candidate) };
  const event = createAuditEvent(unmeasured, { candidate: two, against: null }, { ...audit, against: null });
  expect(event).toMatchObject({ believed: null, whileChoosing: { mean: 10, episodes: 2 } });
  expect(audit.whileChoosing).toBeUndefined();
});

test('the best is paired with the first on the same seeds', async () => {
  const { audit } = await audited();
  const difference = audit?.against?.difference;
  expect(difference?.low).toBeGreaterThan(0);
  expect(difference?.low).toBeLessThan(4);
  expect(difference?.high).toBeGreaterThan(4);
  expect((await audited({ against: null })).audit?.against).toBeNull();
});

test('seeds that took the place of lost ones are played by both sides, and recorded', async () => {
  const evaluator = new ToyEvaluator();
  evaluator.loses = (policy, seed) => policy.mean === weak.mean && seed < NEXT_SEED && seed % 20 === 0;
  const { audit } = await audited({ episodes: 200 }, evaluator);
  const drawn = deriveAuditSeeds(
    {
      policy: hashPolicy(toySource(strong)),
      environment: hashEnvironment(settings.environment),
      nonce,
    },
    200,
  );
  const seeds = drawn.map((seed) => (seed % 20 === 0 ? seed + NEXT_SEED : seed));
  expect(seeds).not.toEqual(drawn);
  expect(audit?.seeds).toEqual(seeds);
  expect(audit?.returns).toEqual(seeds.map((seed) => toyReturn(strong, seed)));
  expect(audit?.against?.seeds).toEqual(seeds);
  expect(audit?.against?.difference.episodes).toBe(200);
});

test('a policy without a run is audited by what is known of its environment', async () => {
  const { acceptance, environment, policy } = settings;
  const context = {
    settings: { environment, policy, acceptance, returns: null },
    facts: toyFacts,
    observed: null,
  };
  const task = { context, source: toySource(strong), against: null, nonce, episodes: 60, versions: {} };
  const { audit } = await runAudit(task, {
    evaluator: new ToyEvaluator(),
    journal: new MemoryJournal(),
    clock: stillClock,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const seeds = deriveAuditSeeds(
    { policy: hashPolicy(task.source), environment: hashEnvironment(environment), nonce },
    60,
  );
  expect(audit).toMatchObject({
    returns: seeds.map((seed) => toyReturn(strong, seed)),
    bounds: { assumed: true },
    against: null,
  });
  expect(audit).not.toHaveProperty('number');
});

test('Stop keeps what was played, and a failing evaluator says so', async () => {
  const stop = new AbortController();
  const evaluator = new ToyEvaluator();
  evaluator.interfere = () => {
    if (evaluator.asked.length === 5) stop.abort();
    return undefined;
  };
  const cut = await audited({}, evaluator, stop.signal);
  expect(cut.stopped?.reason).toBe('interrupted');
  expect(cut.audit?.score.episodes).toBe(100);

  const broken = new ToyEvaluator();
  broken.interfere = () => ({ ok: false, code: 'evaluator_died', message: 'gone', detail: null });
  expect(await audited({}, broken)).toMatchObject({ audit: null, stopped: { reason: 'failed' } });
});

test('where one policy cannot be played any more, the other is not played on', async () => {
  const evaluator = new OneSidedEvaluator(toySource(weak));
  const { stopped } = await audited({}, evaluator);
  expect(stopped?.reason).toBe('failed');
  expect(evaluator.other?.aborted).toBe(true);
});

test('a policy that fails counts as the lower bound', async () => {
  const source = toySource({ ...strong, broken: 'raised' });
  const { audit } = await audited({ source, against: null, episodes: 3 });
  expect(audit).toMatchObject({ failed: 3, returns: [-20, -20, -20] });
});

test('a finished run stays finished and costs no more after audits', async () => {
  const { journal, state } = await learned();
  const { audit } = await audited();
  if (audit === null) throw new Error('played');
  const record = [...journal.events, audit, { ...audit, number: 2 }];
  const folded = fold(record);
  expect(folded?.stopped).toEqual(state.stopped);
  expect(folded?.usage).toEqual(state.usage);
  expect(folded?.audits.map(({ number }) => number)).toEqual([1, 2]);
  const again = new MemoryJournal();
  expect((await sit(again, record)).stopped?.reason).toBe(state.stopped?.reason);
  expect(again.events).toEqual([]);
});

test('an interrupted run resumes over its audits to the events of an undisturbed one', async () => {
  const { journal } = await learned();
  const whole = journal.events;
  const { audit } = await audited();
  if (audit === null) throw new Error('played');
  const pause: RunEvent = { type: 'run_stopped', reason: 'interrupted', message: '' };
  for (const cut of [3, 5, whole.length - 1]) {
    const { journal: rest, record } = journal.cut(cut);
    const state = await sit(rest, [...record, pause, audit]);
    expect([...record, ...rest.events]).toEqual(whole);
    expect(state.audits).toEqual([audit]);
  }
});

test('the first failure of an audited policy is said, whatever it came to', async () => {
  const source = toySource({ mean: 9, broken: 'later' });
  const { audit, failure } = await audited({ source, against: null, episodes: 3 });
  expect(audit?.failed).toBe(1);
  expect(failure).toMatchObject({ code: 'raised' });
  expect((await audited({ episodes: 3 })).failure).toBeNull();
});
