import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { canRunLab } from '../src/lab/can-run.ts'
import { lookalikes, misdeeds, planLab } from '../src/lab/plan.ts'
import { type LabResult, runLab } from '../src/lab/run.ts'
import type { LineTruth } from '../src/lab/score.ts'

const possible = canRunLab()
const title = possible.ok ? 'the lab' : `the lab (skipped: ${possible.why} ${possible.fix})`

describe.skipIf(!possible.ok)(title, () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigiles-lab-test-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const seed = Math.floor(Math.random() * 2 ** 31)
  let result: LabResult | undefined

  test(`runs, labels what it made, and leaves the machine as it was (seed ${seed})`, async () => {
    const before = networks()
    result = await runLab({
      seed,
      dir,
      seconds: 12,
      firewall: 'both',
      signal: new AbortController().signal,
      progress: () => {},
    })
    expect(result.toolCalls).toBeGreaterThan(30)
    expect(result.connections).toBeGreaterThan(60)
    expect(result.labelled).toBeGreaterThanOrEqual(0.99)
    expect(result.causes.call).toBeGreaterThan(0)
    expect(result.causes.cron).toBeGreaterThan(0)
    expect(processesNamed(`vg-${result.run}-`)).toEqual([])
    expect(networks()).toEqual(before)
  }, 90_000)

  test('the truth names calls that the traces hold, and every line of the firewall has its truth', () => {
    const made = new Set(
      rows('truth/truth.jsonl')
        .map((row) => row.toolCall)
        .filter((id) => id !== null),
    )
    const traces = readdirSync(join(dir, 'logs/traces'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.jsonl'))
      .map((path) => readFileSync(join(dir, 'logs/traces', path), 'utf8'))
      .join('\n')
    expect([...made].filter((id) => !traces.includes(`"${id}"`))).toEqual([])

    const known = new Set(rows('truth/lines.jsonl').map((row) => `${row.file}:${row.line}`))
    for (const file of ['firewall/eve.json', 'firewall/cloudfirewall.jsonl']) {
      const lines = rows(`logs/${file}`).length
      expect(lines).toBeGreaterThan(60)
      for (let line = 1; line <= lines; line++) expect(known).toContain(`${file}:${line}`)
    }
  })

  test('the firewall blocked something, and the kernel knows who wanted it', () => {
    const blocked = rows('logs/firewall/eve.json').flatMap((row, i) =>
      JSON.stringify(row).includes('"action":"blocked"') ? [`firewall/eve.json:${i + 1}`] : [],
    )
    const causes = new Map(rows('truth/lines.jsonl').map((row) => [`${row.file}:${row.line}`, row.cause]))
    expect(blocked.length).toBeGreaterThan(0)
    expect(blocked.map((at) => causes.get(at))).toContain('cron')
    expect(blocked.filter((at) => ['unlabelled', undefined].includes(causes.get(at) as string))).toEqual([])
  })

  test('what the investigator gets names no box behind the NAT', () => {
    const firewall = readFileSync(join(dir, 'logs/firewall/eve.json'), 'utf8')
    const boxes = [...readFileSync(join(dir, 'logs/topology.yaml'), 'utf8').matchAll(/ip: \[(10\.[\d.]+)\]/g)]
    expect(boxes.length).toBe(14)
    expect(boxes.filter(([, ip]) => firewall.includes(`"${ip}"`))).toEqual([])
  })

  test('stops at once when it is told to, and is gone', async () => {
    const abort = new AbortController()
    const run = runLab({
      seed: seed + 1,
      dir: join(dir, 'stopped'),
      seconds: 60,
      signal: abort.signal,
      progress: (line) =>
        line.startsWith('Agents') && setTimeout(() => abort.abort(new Error('enough')), 500),
    })
    await expect(run).rejects.toThrow('enough')
    expect(processesNamed(`vg-${planLab(seed + 1).run}-`)).toEqual([])
  }, 60_000)

  function rows(path: string): Record<string, unknown>[] {
    const text = readFileSync(join(dir, path), 'utf8').trim()
    return text.split('\n').map((line): Record<string, unknown> => JSON.parse(line))
  }
})

describe('the recorded run', () => {
  const dir = join(import.meta.dirname, '../fixtures/incidents/recorded-run')
  const unpack = (path: string) =>
    gunzipSync(readFileSync(join(dir, path)))
      .toString('utf8')
      .trim()
      .split('\n')

  test('has a truth for every line of its firewall log and its NAT log', () => {
    const known = new Set(
      unpack('truth/lines.jsonl.gz').map((text) => {
        const { file, line }: LineTruth = JSON.parse(text)
        return `${file}:${line}`
      }),
    )
    for (const [path, file] of [
      ['logs/firewall/eve.json.gz', 'firewall/eve.json'],
      ['nat/conntrack.log.gz', 'conntrack.log'],
    ] as const) {
      const lines = unpack(path).length
      expect(lines).toBeGreaterThan(500)
      expect(
        Array.from({ length: lines }, (_, i) => `${file}:${i + 1}`).filter((at) => !known.has(at)),
      ).toEqual([])
    }
  })

  test('holds every misdeed and every innocent that raised an alarm', () => {
    const truth = unpack('truth/lines.jsonl.gz').map((text): LineTruth => JSON.parse(text))
    expect(new Set(truth.map(({ part }) => part))).toEqual(new Set([null, ...misdeeds, ...lookalikes]))
    const causes = new Set(truth.filter(({ alarm }) => alarm).map(({ cause }) => cause))
    expect(causes).toEqual(new Set(['call', 'cron', 'daemon', 'outside']))
  })
})

function processesNamed(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return '' // It ended while we looked.
      }
    })
    .filter((line) => line.includes(text))
}

/** What a run must not change on the machine itself: links, routes, forwarding. */
function networks(): string[] {
  return ['/proc/net/dev', '/proc/net/route', '/proc/sys/net/ipv4/ip_forward'].map((path) =>
    readFileSync(path, 'utf8').replace(/:.*$/gm, ''),
  )
}
