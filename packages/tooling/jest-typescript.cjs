/** Turns a TypeScript module into CommonJS for jest, by the compiler that also builds the bundles. Types are `npm run check`'s. */
const { createHash } = require('node:crypto');
const { transformSync, version } = require('esbuild');

const OPTIONS = {
  loader: 'ts',
  format: 'cjs',
  target: 'node22',
  platform: 'node',
  sourcemap: 'inline',
  // In jest's modules `import()` is there only behind a flag of Node; it becomes a `require` that answers later.
  supported: { 'dynamic-import': false },
};

module.exports = {
  process(source, path) {
    return { code: transformSync(source, { ...OPTIONS, sourcefile: path }).code };
  },
  getCacheKey(source, path) {
    return createHash('sha256')
      .update(version)
      .update(JSON.stringify(OPTIONS))
      .update(path)
      .update(source)
      .digest('hex');
  },
};
