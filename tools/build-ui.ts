// Builds the dashboard's page: dist/ui/index.html with its scripts and style sheets, all of them files of their own
// under a name that holds their hash, because the server admits nothing inline and nothing from elsewhere.
//
//   npx tsx tools/build-ui.ts [FOLDER]        → dist/ui

import { chmod, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Writes the page into `folder`; what stood there before is replaced only once the new one is whole. */
export async function buildUi(folder: string): Promise<void> {
  const made = await mkdtemp(join(dirname(folder), '.ui-'))
  try {
    await build({
      root: `${root}ui/app`,
      configFile: false,
      logLevel: 'warn',
      base: '/',
      build: {
        outDir: made,
        emptyOutDir: true,
        target: 'es2022',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
      },
    })
    await check(made)
    // A temporary folder is its maker's alone; an installation is read by whoever runs it.
    await chmod(made, 0o755)
    await rm(folder, { recursive: true, force: true })
    await rename(made, folder)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** What the server's policy would refuse is refused here, where somebody can still mend it. */
async function check(folder: string): Promise<void> {
  const page = await readFile(join(folder, 'index.html'), 'utf8')
  const inline = /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i.exec(page)
  if (inline) throw new Error(`index.html holds something inline: ${inline[0]}`)
  const foreign = /(?:src|href)="(?!\/)[^"]*"/i.exec(page)
  if (foreign) throw new Error(`index.html asks for something that is not ours: ${foreign[0]}`)
}

async function sizes(folder: string): Promise<string> {
  const names = (await readdir(join(folder, 'assets'))).sort()
  const lines = await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, 'assets', name))
      return `  ${name}: ${kb(bytes.length)}, ${kb(gzipSync(bytes).length)} compressed`
    }),
  )
  return lines.join('\n')
}

function kb(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? `${root}dist/ui`)
  await buildUi(folder)
  process.stderr.write(`${folder}:\n${await sizes(folder)}\n`)
}
