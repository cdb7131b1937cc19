/** Unit tests: quick, free of root, each beside its package. The lab's run by `test/ava.config.js`. */
export default {
  files: ['packages/*/test/**/*.ts', 'recipes/*/test/**/*.ts', '!**/fixtures/**'],
  extensions: ['ts'],
  timeout: '60s',
};
