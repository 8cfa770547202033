import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'exports/', 'node_modules/', 'coverage/', 'reports/', '.stryker-tmp/', 'test/golden/'] },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './src/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-control-regex': 'off',
    },
  },
  {
    // Pure rooms take their clock, dice and network as arguments.
    files: ['src/**/*.ts'],
    ignores: ['src/models/**', 'src/cli/**', 'src/http/**', 'src/web/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'The clock is handed in.' },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'The dice are handed in.',
        },
        { selector: "CallExpression[callee.name='fetch']", message: 'Only models/ and the doors reach the network.' },
      ],
    },
  },
);
