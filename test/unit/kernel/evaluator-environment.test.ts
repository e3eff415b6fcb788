import { selectEvaluatorEnvironment } from '../../../kernel/src/subkernels/evaluator-environment';

test('the evaluator sees no keys, whatever they are called', () => {
  const env = {
    PATH: '/bin',
    LC_ALL: 'C.UTF-8',
    PYTHONPATH: '/x',
    OPENAI_API_KEY: 'k',
    MY_SECRET: 's',
    AWS_SESSION_TOKEN: 't',
    JPY_API_TOKEN: 't',
  };
  expect(selectEvaluatorEnvironment(env)).toEqual({ PATH: '/bin', LC_ALL: 'C.UTF-8', PYTHONPATH: '/x' });
});
