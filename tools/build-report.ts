// Builds the report's template: one HTML file with its script and style inside, to be filled by renderReport.
//
//   npx tsx tools/build-report.ts        → dist/report-template.html

import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { placeholders } from '../src/exporters/html-report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The template as text. The policy admits exactly this script and this style, by their hashes. */
export async function buildReportTemplate(): Promise<string> {
  const { script, style } = await bundle()
  // Within an element, only these could end it early or change how it is read.
  for (const [name, text] of Object.entries({ script, style })) {
    if (/<\/(script|style)|<!--/i.test(text))
      throw new Error(`the bundled ${name} holds markup that would end it`)
  }
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n',
    `<title>${placeholders.title}</title>\n<style>${style}</style>\n</head>\n<body>\n${placeholders.page}\n`,
    `<script type="application/json" id="vigiles-data">${placeholders.data}</script>\n`,
    `<script>${script}</script>\n</body>\n</html>\n`,
  ].join('')
}

async function bundle(): Promise<{ script: string; style: string }> {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2022',
      cssMinify: true,
      lib: {
        entry: `${root}ui/report/main.ts`,
        formats: ['iife'],
        name: 'vigilesReport',
        fileName: 'report',
      },
    },
  })
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((b) => ('output' in b ? b.output : []))
  const script = outputs.find((o) => o.type === 'chunk')
  const style = outputs.find((o) => o.type === 'asset' && o.fileName.endsWith('.css'))
  if (script?.type !== 'chunk' || style?.type !== 'asset')
    throw new Error('vite gave no script or no style sheet')
  return { script: script.code.trim(), style: String(style.source).trim() }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const template = await buildReportTemplate()
  await mkdir(`${root}dist`, { recursive: true })
  await writeFile(`${root}dist/report-template.html`, template)
  process.stderr.write(`dist/report-template.html: ${Math.round(template.length / 1024)} KiB\n`)
}
