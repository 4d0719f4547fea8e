// Joins what `vigiles run` and the library's sandbox load into a few files: most of a short run's time went into finding
// and linking two hundred small ones. Nothing is renamed or minified, and source maps lead back to the source.
//
//   npx tsx tools/build-live.ts [DIST]     after tsc; → dist/live/

import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Compiled files that are replaced by a line that leads to the joined ones. */
const entries = {
  run: { file: 'cli/run.js', leads: '../live/run.js' },
  'open-sandbox': { file: 'pipeline/live/open-sandbox.js', leads: '../../live/open-sandbox.js' },
} as const
/** Whoever catches these must know them by the same class. */
const shared = ['base/errors.js', 'base/assert.js']

/** `dist`: where tsc wrote to, below the repository's root or any folder that holds package.json. */
export async function joinLive(dist: string): Promise<void> {
  const at = (path: string) => join(dist, path)
  await rm(at('live'), { recursive: true, force: true })
  await build({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    build: {
      // A folder as deep as those that files ask for their neighbours from.
      outDir: dist,
      emptyOutDir: false,
      ssr: true,
      target: 'node20',
      minify: false,
      sourcemap: true,
      rollupOptions: {
        input: Object.fromEntries(Object.entries(entries).map(([name, { file }]) => [name, at(file)])),
        external: shared.map(at),
        output: { entryFileNames: 'live/[name].js', chunkFileNames: 'live/[name]-[hash].js' },
      },
    },
  })
  for (const { file, leads } of Object.values(entries)) {
    await writeFile(at(file), `export * from '${leads}'\n`)
    await rm(at(`${file}.map`), { force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = resolve(process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url)))
  if (!existsSync(join(dist, 'cli/run.js')))
    throw new Error(`${dist} holds no compiled program: run tsc first`)
  await joinLive(dist)
  process.stderr.write(`${join(dist, 'live')}\n`)
}
