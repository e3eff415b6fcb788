import js from '@eslint/js';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '**/dist/**',
      '**/lib/**',
      '**/build/**',
      '**/_kernel/**',
      'packages/runtime/policybook/labextension/**',
      '.venv/**',
      '.cache/**',
      '**/*.mjs',
      '**/*.cjs',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // From six parameters on, a function takes an options object.
      '@typescript-eslint/max-params': ['error', { max: 5 }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'PrivateIdentifier',
          message:
            'Private members are written with `private`, because parameter properties cannot be written with #.',
        },
      ],
    },
  },
  {
    files: ['packages/*/src/**', 'kernel/src/**', 'labextension/src/**'],
    plugins: { jsdoc },
    rules: {
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'variable',
          modifiers: ['const', 'global'],
          types: ['number', 'string', 'boolean'],
          format: ['UPPER_CASE'],
        },
      ],
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          enableFixer: false,
          require: { FunctionDeclaration: true, ClassDeclaration: true },
          contexts: [
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
        },
      ],
      // A doc comment is made of whole sentences: it begins with a capital letter, a code word or a sign, and ends with a full stop.
      'jsdoc/match-description': [
        'error',
        {
          matchDescription: '^[\\p{Lu}`\\d"\\(%@][\\s\\S]*[.:?\\)`]\\s*$',
          message: 'A doc comment is whole sentences: a capital letter first, a full stop last.',
          contexts: [
            'FunctionDeclaration',
            'ClassDeclaration',
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
        },
      ],
    },
  },
);
