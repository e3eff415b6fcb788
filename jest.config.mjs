/** Unit tests mirror the tree under test/unit; behaviour, integration and e2e drive the built kernel from outside. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // `npm run test:long` runs the long forms alone, and `npm test` all others.
  testMatch: process.env.POLICYBOOK_LONG_TESTS ? ['**/*.long.test.ts'] : ['**/!(*.long).test.ts'],
  transform: {
    '^.+\\.md$': '<rootDir>/packages/tooling/jest-text.cjs',
    '^.+\\.tsx?$': '<rootDir>/packages/tooling/jest-typescript.cjs',
  },
  cacheDirectory: '<rootDir>/.cache/jest',
  testTimeout: 60_000,
};
