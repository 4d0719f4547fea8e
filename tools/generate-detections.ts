// Writes the registry of detections and their reference page from what stands in src/detections/.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Detection } from '../src/detections/api.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'src/detections')

/** The generated files as they should be: path below the repository's root → text. */
export async function detectionFiles(): Promise<Map<string, string>> {
  const members = findMembers()
  const detections: Detection[] = []
  for (const { tactic, file, name } of members) {
    const module: Record<string, unknown> = await import(pathToFileURL(join(folder, tactic, file)).href)
    detections.push(module[name] as Detection)
  }
  detections.sort((a, b) => (a.id < b.id ? -1 : 1))
  return new Map([
    ['src/detections/registry.generated.ts', registry(members)],
    ['src/detections/ids.generated.ts', ids(detections)],
    ['docs/reference/detections.md', reference(detections)],
  ])
}

/** Writes what has changed; returns the paths it wrote. */
export async function generateDetections(): Promise<string[]> {
  const written: string[] = []
  for (const [path, text] of await detectionFiles()) {
    const file = join(root, path)
    if (readOr(file) === text) continue
    writeFileSync(file, text)
    written.push(path)
  }
  return written
}

interface Member {
  readonly tactic: string
  readonly file: string
  readonly name: string
}

/** Every `<tactic>/<file>.ts` that exports a detection. */
function findMembers(): Member[] {
  const members: Member[] = []
  const tactics = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const tactic of tactics.map((entry) => entry.name).sort()) {
    for (const file of readdirSync(join(folder, tactic)).sort()) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
      const match = /^export const (\w+) = defineDetection\(/m.exec(
        readFileSync(join(folder, tactic, file), 'utf8'),
      )
      if (match) members.push({ tactic, file, name: match[1]! })
    }
  }
  return members
}

function registry(members: readonly Member[]): string {
  const imports = members.map(({ tactic, file, name }) => `import { ${name} } from './${tactic}/${file}'`)
  return [
    '// Written by `npm run generate`; do not edit.',
    '',
    "import type { Detection } from './api.ts'",
    ...imports,
    '',
    'export const detections: readonly Detection[] = [',
    ...members.map(({ name }) => `  ${name},`),
    ']',
    '',
  ].join('\n')
}

/** What a policy may name, without loading what looks for it. */
function ids(detections: readonly Detection[]): string {
  return [
    '// Written by `npm run generate`; do not edit.',
    '',
    'export const detectionIds: readonly string[] = [',
    ...detections.map(({ id }) => `  '${id}',`),
    ']',
    '',
  ].join('\n')
}

function reference(detections: readonly Detection[]): string {
  const lines = [
    '# Detections',
    '',
    `${detections.length} detections. Written by \`npm run generate\` from the code; do not edit.`,
    'Severity and confidence are the defaults; a single finding may differ where its case does.',
    '',
    '| id | name | kind | severity | confidence | ATT&CK |',
    '|---|---|---|---|---|---|',
    ...detections.map(
      (d) =>
        `| [${d.id}](#${anchor(d.id)}) | ${d.name} | ${d.kind} | ${d.severity} | ${d.confidence} | ${d.attack.join(', ')} |`,
    ),
    '',
  ]
  for (const d of detections) {
    lines.push(`## ${d.id}`, '', `${d.name}. Listens to ${d.listensTo.join(', ')}.`, '')
    lines.push('Who trips it innocently:', ...d.falsePositives.map((text) => `* ${text}`), '')
    lines.push('What it does not see:', ...d.blindSpots.map((text) => `* ${text}`), '')
    lines.push('When it fires:', ...d.response.map((text) => `* ${text}`), '')
    const options = Object.entries(d.options)
    if (options.length > 0) {
      lines.push('| option | default |', '|---|---|')
      for (const [key, value] of options)
        lines.push(`| ${key} | ${Array.isArray(value) ? value.join(', ') : value} |`)
      lines.push('')
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function anchor(id: string): string {
  return id.toLowerCase().replace(/[^a-z0-9-]/g, '')
}

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
