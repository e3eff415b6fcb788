import { buildReplicatesFigure } from '@policybook/views';
import type { EvaluatorMethod, MethodParams, MethodResult, Result } from '@policybook/protocol';
import { FigurePicture } from '../../../../kernel/src/cells/outputs/figure-picture';

const figure = buildReplicatesFigure('nothing yet', []);

/** An evaluator whose pictures are answered by the test, in its own order. */
class SlowPainter {
  private readonly answers: ((png: string) => void)[] = [];

  /** How many pictures were asked for. */
  get requests(): number {
    return this.answers.length;
  }

  request<M extends EvaluatorMethod>(
    _method: M,
    _params: MethodParams<M>,
    { signal }: { signal: AbortSignal },
  ): Promise<Result<MethodResult<M>>> {
    return new Promise((resolve) => {
      const cancel = (): void => {
        resolve({ ok: false, code: 'cancelled', message: 'the picture was cancelled', detail: null });
      };
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel);
      this.answers.push((png) => {
        resolve({ ok: true, value: { png } as MethodResult<M> });
      });
    });
  }

  answer(request: number, png: string): void {
    this.answers[request]?.(png);
  }
}

const INTERVAL_MS = 15_000;

let now = 0;

beforeEach(() => jest.spyOn(performance, 'now').mockImplementation(() => now));
afterEach(() => jest.restoreAllMocks());

/** Lets what has been answered be taken. */
const settle = (): Promise<unknown> => new Promise(setImmediate);

/** A picture that is due to be drawn, and how often it was shown. */
function drawDue(painter: SlowPainter): { picture: FigurePicture; refresh: () => void; shown: () => number } {
  const picture = new FigurePicture(painter);
  let drawn = 0;
  now += INTERVAL_MS;
  const refresh = (): void => {
    picture.refresh(
      () => figure,
      () => (drawn += 1),
    );
  };
  return { picture, refresh, shown: () => drawn };
}

test('what ends soon draws its last picture and no other', async () => {
  const painter = new SlowPainter();
  const picture = new FigurePicture(painter);
  picture.refresh(
    () => figure,
    () => undefined,
  );
  const finished = picture.finish(figure, 10_000);
  await settle();
  expect(painter.requests).toBe(1);
  painter.answer(0, 'last');
  await finished;
  expect(picture.latest).toBe('last');
});

test('a picture under way at the end is neither cancelled nor shown, and the last one comes after it', async () => {
  const painter = new SlowPainter();
  const { picture, refresh, shown } = drawDue(painter);
  refresh();
  const finished = picture.finish(figure, 10_000);
  await settle();
  expect(painter.requests).toBe(1);
  painter.answer(0, 'late');
  await settle();
  painter.answer(1, 'last');
  await finished;
  expect(picture.latest).toBe('last');
  expect(shown()).toBe(0);
});

test('the end waits for a picture under way no longer than it may', async () => {
  const painter = new SlowPainter();
  const { picture, refresh } = drawDue(painter);
  refresh();
  await picture.finish(figure, 1);
  expect(picture.latest).toBeUndefined();
});

test('what cannot be drawn in between fails neither its caller nor the pictures after it', async () => {
  const painter = new SlowPainter();
  const { picture } = drawDue(painter);
  const refuse = (): never => {
    throw new Error('there is nothing to draw');
  };
  expect(() => {
    picture.refresh(refuse, refuse);
  }).not.toThrow();
  await settle();
  const finished = picture.finish(figure, 10_000);
  await settle();
  painter.answer(0, 'last');
  await finished;
  expect(picture.latest).toBe('last');
});

test('a picture in between is shown, and no second one is drawn a moment later', async () => {
  const painter = new SlowPainter();
  const { picture, refresh, shown } = drawDue(painter);
  refresh();
  painter.answer(0, 'first');
  await settle();
  refresh();
  await settle();
  expect(painter.requests).toBe(1);
  expect(picture.latest).toBe('first');
  expect(shown()).toBe(1);
});
