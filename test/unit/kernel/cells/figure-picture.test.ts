import { buildReplicatesFigure } from '@policybook/views';
import type { EvaluatorMethod, MethodResult, Result } from '@policybook/protocol';
import { FigurePicture } from '../../../../kernel/src/cells/outputs/figure-picture';

const figure = buildReplicatesFigure('nothing yet', []);

/** An evaluator whose pictures are answered by the test, in its own order. */
class SlowPainter {
  private readonly answers: ((png: string) => void)[] = [];

  request<M extends EvaluatorMethod>(): Promise<Result<MethodResult<M>>> {
    return new Promise((resolve) => {
      this.answers.push((png) => {
        resolve({ ok: true, value: { png } as MethodResult<M> });
      });
    });
  }

  answer(request: number, png: string): void {
    this.answers[request]?.(png);
  }
}

test('a picture that comes after the last one neither takes its place nor is shown', async () => {
  const painter = new SlowPainter();
  const picture = new FigurePicture(painter);
  let drawn = 0;
  picture.refresh(
    () => figure,
    () => (drawn += 1),
  );
  const finished = picture.finish(figure, 10_000);
  painter.answer(1, 'last');
  await finished;
  painter.answer(0, 'late');
  await new Promise(setImmediate);
  expect(picture.latest).toBe('last');
  expect(drawn).toBe(0);
});

test('what cannot be drawn in between fails neither its caller nor the pictures after it', async () => {
  const painter = new SlowPainter();
  const picture = new FigurePicture(painter);
  const refuse = (): never => {
    throw new Error('there is nothing to draw');
  };
  expect(() => {
    picture.refresh(refuse, refuse);
  }).not.toThrow();
  await new Promise(setImmediate);
  const finished = picture.finish(figure, 10_000);
  painter.answer(0, 'last');
  await finished;
  expect(picture.latest).toBe('last');
});

test('a picture in between is shown, and no second one is drawn a moment later', async () => {
  const painter = new SlowPainter();
  const picture = new FigurePicture(painter);
  let drawn = 0;
  const refresh = (): void => {
    picture.refresh(
      () => figure,
      () => (drawn += 1),
    );
  };
  refresh();
  painter.answer(0, 'first');
  await new Promise(setImmediate);
  refresh();
  painter.answer(1, 'second');
  await new Promise(setImmediate);
  expect(picture.latest).toBe('first');
  expect(drawn).toBe(1);
});
