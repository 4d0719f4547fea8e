// Scaffolds a family member that compiles, with fixtures to fill:
//
//   npm run new -- detection tunnel.example command-and-control
//   npm run new -- importer network example

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [kind, first, second] = process.argv.slice(2)

if (kind === 'detection' && /^[a-z]+\.[a-z-]+$/.test(first ?? '')) newDetection(first!, second ?? 'discovery')
else if (
  kind === 'importer' &&
  /^(?:network|agent|inventory)$/.test(first ?? '') &&
  /^[a-z][a-z0-9-]*$/.test(second ?? '')
) {
  newImporter(first!, second!)
} else {
  console.error(
    'npm run new -- detection KIND.NAME [TACTIC]   or   npm run new -- importer network|agent|inventory NAME',
  )
  process.exit(2)
}

function newDetection(id: string, tactic: string): void {
  const [family = '', name = ''] = id.split('.')
  write(
    `src/detections/${tactic}/${name}.ts`,
    `import { defineDetection } from '../api.ts'

export const ${camel(name)} = defineDetection({
  id: '${id}',
  name: 'What happened, in a few words',
  kind: '${family}',
  severity: 'medium',
  confidence: 0.6,
  attack: ['T1046'],
  listensTo: ['network_activity'],
  falsePositives: ['Who trips it innocently'],
  blindSpots: ['What it cannot see'],
  response: ['What to do when it fires'],
  options: { portMin: 1 },

  start({ options }) {
    return (item) => {
      const { ip, port } = item.event.dstEndpoint
      if (item.event.disposition !== 'blocked' || (port ?? 0) < options.portMin) return
      return {
        title: \`\${item.box ?? item.event.srcEndpoint.ip} did it to \${ip}\`,
        why: 'Why this is what it is called.',
        evidences: [item],
        destinations: [\`\${ip}:\${port}\`],
      }
    }
  },
})
`,
  )
  const event = (disposition: string) =>
    `${JSON.stringify({ event: { time: '2026-11-24T03:00:00Z', box: 'box-7', dst: '198.51.100.9:443', disposition } })}\n`
  write(`fixtures/detections/${id}/fires-example.jsonl`, event('blocked'))
  write(`fixtures/detections/${id}/quiet-allowed.jsonl`, event('allowed'))
  write(`fixtures/detections/${id}/quiet-nothing.jsonl`, event('allowed'))
  console.log('Now: npm run generate && npx vitest run test/detections.test.ts')
}

function newImporter(family: string, name: string): void {
  write(
    `src/importers/${family}/${name}.ts`,
    `// What the format is, and a sample of it:
// {"example_time":"2026-11-24T03:00:00Z","src":"10.0.0.7","dst":"198.51.100.9","port":443}

import { canonicalIp } from '../../base/ip.ts'
import { parseIso } from '../../base/time.ts'
import { defineJsonLinesImporter } from '../api.ts'

export const ${camel(name)} = defineJsonLinesImporter({
  id: '${name}',
  name: 'Its name for people',
  family: '${family}',
  documentation: 'https://example.com/format',
  splittable: true,
  recognises: ({ lines }) => lines.some((line) => line.includes('"example_time"')),
  start(sink) {
    return {
      row(row, line, text) {
        const time = parseIso(String(row.example_time))
        const src = canonicalIp(String(row.src))
        const dst = canonicalIp(String(row.dst))
        if (!time || src === undefined || dst === undefined) {
          sink.reject(line, 'a time and two addresses are wanted', text)
          return
        }
        sink.event({
          class: 'network_activity',
          time,
          srcEndpoint: { ip: src },
          dstEndpoint: { ip: dst, ...(isPort(row.port) ? { port: row.port } : {}) },
          line,
        })
      },
    }
  },
})

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535
}
`,
  )
  write(
    `fixtures/importers/${name}/lines.jsonl`,
    '{"example_time":"2026-11-24T03:00:00Z","src":"10.0.0.7","dst":"198.51.100.9","port":443}\n{"example_time":"soon"}\n',
  )
  console.log('Now: npm run generate && npx vitest run test/importers.test.ts')
}

function write(path: string, text: string): void {
  const absolute = join(root, path)
  if (existsSync(absolute)) {
    console.error(`${path} exists already.`)
    process.exit(2)
  }
  mkdirSync(dirname(absolute), { recursive: true })
  writeFileSync(absolute, text)
  console.log(path)
}

function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
