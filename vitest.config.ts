import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'ui/**/*.test.ts'],
    testTimeout: 30_000,
    // Two cores are what users' machines and CI have; more workers than that only take turns.
    maxWorkers: 2,
  },
})
