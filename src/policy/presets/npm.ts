import type { Preset } from './api.ts'

export const npm: Preset = {
  name: 'npm',
  title: 'Packages from the npm registry, for npm, npx, pnpm, Yarn and Bun',
  sources: [
    'https://docs.npmjs.com/cli/v11/using-npm/registry',
    'https://github.com/yarnpkg/yarn/issues/5891',
  ],
  caution: 'Publishing goes to the same host; with `intercept` a rule for methods can keep it to reading.',
  hosts: [
    { host: 'registry.npmjs.org', ports: [443], why: 'npm packages and their metadata' },
    { host: 'registry.yarnpkg.com', ports: [443], why: "Yarn 1's name for the same registry" },
  ],
}
