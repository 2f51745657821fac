module.exports = {
  root: true,
  parser: '@typescript-eslint/parser',
  parserOptions: { project: ['tsconfig.json', 'tsconfig.client.json'], tsconfigRootDir: __dirname },
  plugins: ['@typescript-eslint'],
  extends: ['plugin:@typescript-eslint/recommended-type-checked', 'prettier'],
  env: { node: true, jest: true },
  ignorePatterns: ['node_modules', 'dist', 'coverage', 'example/public'],
  rules: {
    '@typescript-eslint/no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_|_TYPE$', ignoreRestSiblings: true },
    ],
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/ban-ts-comment': 'error',
    '@typescript-eslint/consistent-type-imports': 'off',
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': 'error',
    'max-depth': ['error', 3],
    'max-lines-per-function': ['error', { max: 45, skipBlankLines: true, skipComments: true }],
  },
  overrides: [
    {
      files: ['*.js'],
      extends: ['plugin:@typescript-eslint/disable-type-checked'],
      rules: { '@typescript-eslint/no-require-imports': 'off' },
    },
    {
      files: ['test/**/*.ts', 'src/**/*.spec.ts'],
      rules: { 'max-lines-per-function': 'off', '@typescript-eslint/unbound-method': 'off' },
    },
  ],
};
