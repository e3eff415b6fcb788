/** Prompts are imported as text: by esbuild's text loader, and by `packages/tooling/jest-text.cjs` in tests. */
declare module '*.md' {
  const text: string;
  export default text;
}
