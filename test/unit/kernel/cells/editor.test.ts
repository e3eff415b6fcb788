import { useCellWorld } from './cell-world';

const world = useCellWorld();

test('a list of environments that could not be had is requested again at the next completion', async () => {
  const code = '%%learn To';
  world().evaluator.own['environment.list'] = () => ({
    ok: false,
    code: 'evaluator_died',
    message: 'the evaluator ended',
    detail: null,
  });
  expect((await world().service.complete(code, code.length))?.matches ?? []).not.toContain('Toy-v0');
  delete world().evaluator.own['environment.list'];
  expect((await world().service.complete(code, code.length))?.matches).toContain('Toy-v0');
});
