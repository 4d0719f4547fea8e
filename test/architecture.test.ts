// Who may import whom (design: walls by folder). The table is the rule; a failure names the file and the way out.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Beside itself and `base`. `io`: may use node's modules. */
const walls: Readonly<Record<string, { readonly imports: readonly string[]; readonly io: boolean }>> = {
  base: { imports: [], io: false },
  schema: { imports: [], io: false },
  protocols: { imports: ['schema'], io: false },
  exporters: { imports: ['schema'], io: false },
  commands: { imports: ['schema'], io: false },
  importers: { imports: ['schema', 'protocols'], io: false },
  attribution: { imports: ['schema', 'commands'], io: false },
  detections: { imports: ['schema', 'protocols', 'commands'], io: false },
  policy: { imports: ['schema', 'commands'], io: false },
  sandboxes: { imports: ['schema'], io: true },
  sensors: { imports: ['schema'], io: true },
  responses: { imports: ['schema'], io: true },
  store: { imports: ['schema'], io: true },
  gateway: { imports: ['schema', 'protocols'], io: true },
  pipeline: {
    imports: [
      'schema',
      'protocols',
      'exporters',
      'commands',
      'importers',
      'attribution',
      'detections',
      'policy',
      'sandboxes',
      'sensors',
      'responses',
      'store',
      'gateway',
    ],
    io: true,
  },
  server: { imports: ['pipeline', 'store', 'responses', 'schema'], io: true },
  lab: { imports: ['pipeline', 'sandboxes', 'schema'], io: true },
  cli: { imports: ['*'], io: true },
}

/** The report's script may share pure words with the exporter that fills it, and the dashboard the server's wire types. */
const uiMayImport = [/^src\/base\//, /^src\/schema\//, /^src\/exporters\//, /^src\/server\/api\.ts$/]

interface Import {
  readonly from: string
  readonly to: string
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? filesBelow(path) : /\.tsx?$/.test(path) ? [path] : []
  })
}

function importsOf(path: string): Import[] {
  const text = readFileSync(join(root, path), 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g,
  )) {
    const to = match[1] ?? match[2] ?? match[3]!
    found.push({ from: path, to: to.startsWith('.') ? relative(root, resolve(root, dirname(path), to)) : to })
  }
  return found
}

const sources = filesBelow('src').filter((path) => !path.endsWith('.test.ts'))
const folderOf = (path: string) => path.split('/')[1]!

describe('walls between folders', () => {
  it('knows every folder of src', () => {
    const folders = new Set(sources.filter((path) => path.split('/').length > 2).map(folderOf))
    expect(
      [...folders].filter((folder) => !(folder in walls)),
      'add the folder to the table in this file',
    ).toEqual([])
  })

  for (const [folder, { imports, io }] of Object.entries(walls)) {
    const mine = sources.filter((path) => path.startsWith(`src/${folder}/`)).flatMap(importsOf)

    it(`${folder} imports only ${['itself', 'base', ...imports].join(', ')}`, () => {
      const wrong = mine
        .filter(({ to }) => to.startsWith('src/'))
        .filter(({ to }) => !imports.includes('*') && ![folder, 'base', ...imports].includes(folderOf(to)))
        .map(
          ({ from, to }) =>
            `${from} imports ${to}: move what both need to base or schema, or hand it in as an argument`,
        )
      expect(wrong).toEqual([])
    })

    if (!io) {
      it(`${folder} touches no clock, disk or network`, () => {
        const wrong = mine
          .filter(({ to }) => to.startsWith('node:'))
          .map(({ from, to }) => `${from} imports ${to}: let the pipeline do it and hand the result in`)
        const globals = sources
          .filter((path) => path.startsWith(`src/${folder}/`))
          .filter((path) =>
            /\b(?:Date\.now\(|new Date\(\)|performance\.now\(|Math\.random\(|(?<![.\w])process\.(?:env|cwd|exit|hrtime|memoryUsage|argv|std\w+|platform|nextTick)\b|fetch\(|setTimeout\()/.test(
              code(path),
            ),
          )
          .map((path) => `${path} reads a clock, chance or the process: hand the value in`)
        expect([...wrong, ...globals]).toEqual([])
      })
    }
  }

  it('members of a family never import a sibling', () => {
    const members = new Set(
      sources.filter((path) =>
        /^export const \w+(?:: \w+)? = define(?:\w*Importer|Detection)\(/m.test(
          readFileSync(join(root, path), 'utf8'),
        ),
      ),
    )
    const wrong = [...members]
      .flatMap(importsOf)
      .filter(({ to }) => members.has(to))
      .map(
        ({ from, to }) =>
          `${from} imports ${to}: move what both need into a file beside them that is no member`,
      )
    expect(wrong).toEqual([])
  })

  it('ui imports only pure words of src', () => {
    const wrong = filesBelow('ui')
      .filter((path) => !path.endsWith('.test.ts') && !path.includes('/testing/'))
      .flatMap(importsOf)
      .filter(({ to }) => to.startsWith('src/') && !uiMayImport.some((allowed) => allowed.test(to)))
      .map(({ from, to }) => `${from} imports ${to}`)
    expect(wrong).toEqual([])
  })

  it('ui takes only types of the server', () => {
    const wrong = filesBelow('ui')
      .filter((path) => !path.endsWith('.test.ts') && !path.includes('/testing/'))
      .filter((path) =>
        /(?:^|\n)\s*(?:import|export)\s+(?!type\b)[^'"`;]*?from\s*'[^']*\/src\/server\//.test(
          readFileSync(join(root, path), 'utf8'),
        ),
      )
    expect(wrong, 'write `import type`: its schemas would be loaded by every page').toEqual([])
  })

  it('investigate needs nothing that only Linux has', () => {
    const reached = reachable('src/pipeline/investigate.ts')
    expect(
      [...reached].filter((path) => /^src\/(?:lab|sandboxes|sensors|gateway|responses)\//.test(path)),
    ).toEqual([])
    const programs = [...reached]
      .flatMap(importsOf)
      .filter(({ to }) => to === 'node:child_process' || to === 'node:net')
    expect(programs, 'investigate runs no program and opens no connection').toEqual([])
  })

  it('no process of ours but those made for it loads the database', () => {
    for (const start of ['src/cli/main.ts', 'src/index.ts']) {
      expect([...reachable(start)].filter((path) => path === 'src/store/cases/duckdb.ts')).toEqual([])
    }
  })

  it('each run-time dependency is wrapped in few files', () => {
    const users = (name: string) => sources.filter((path) => importsOf(path).some(({ to }) => to === name))
    expect(users('yaml').length).toBe(1)
    expect(users('fzstd').length).toBe(1)
    expect(users('@duckdb/node-api')).toEqual(['src/store/cases/duckdb.ts'])
  })
})

/** A file's text without comments and strings. */
function code(path: string): string {
  return readFileSync(join(root, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''")
    .replace(/\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuy]*/g, '0')
}

function reachable(start: string): Set<string> {
  const seen = new Set<string>([start])
  const waiting = [start]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const { to } of importsOf(path)) {
      if (!to.startsWith('src/') || seen.has(to) || !existsSync(join(root, to))) continue
      seen.add(to)
      waiting.push(to)
    }
  }
  return seen
}
