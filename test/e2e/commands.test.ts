// The commands as users type them, on the recorded run.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CaseRead, caseFiles, checkCase } from '../contract.ts'
import { zstdOf } from '../zstd-of.ts'
import { root, vigiles } from './command.ts'

const logs = join(root, 'fixtures/incidents/recorded-run/logs')
let work = ''
let first: CaseRead

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'vigiles-'))
  const ran = await vigiles(['investigate', logs, '--out', join(work, 'case')])
  expect(ran.code).toBe(0)
  first = checkCase(join(work, 'case'))
}, 120_000)
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('vigiles investigate', () => {
  it('answers for every event of a mixed folder, and finds what was done', () => {
    expect(first.attributions.length).toBeGreaterThan(2_000)
    expect(first.summary.attribution.attributed).toBeGreaterThan(100)
    expect(first.summary.incidents[0]?.severity).toBe('critical')
  })

  it('writes the same bytes wherever the files lie and in whatever order they are given', async () => {
    const moved = join(work, 'moved', 'elsewhere')
    mkdirSync(moved, { recursive: true })
    cpSync(logs, moved, { recursive: true })
    const parts = readdirSync(moved)
      .sort()
      .reverse()
      .map((name) => join(moved, name))
    const whole = await vigiles(['investigate', moved, '--out', join(work, 'again'), '--quiet'])
    expect(whole).toEqual({ code: 0, out: '', err: '' })
    for (const name of caseFiles) {
      const [a, b] = ['case', 'again'].map((folder) => readFileSync(join(work, folder, name)))
      expect(a!.equals(b!), name).toBe(true)
    }
    await vigiles(['investigate', ...parts, '--out', join(work, 'parts'), '--quiet'])
    const apart = checkCase(join(work, 'parts'))
    const core = (read: CaseRead) =>
      read.attributions.map(({ event, p, toolCall, verdict }) => [
        event.uid,
        event.time,
        p,
        toolCall,
        verdict,
      ])
    expect(core(apart)).toEqual(core(first))
  }, 120_000)

  it('reads unpacked what it read packed', async () => {
    const plain = join(work, 'plain')
    cpSync(logs, plain, { recursive: true })
    const packed = join(plain, 'firewall', 'eve.json.gz')
    const text = gunzipSync(readFileSync(packed))
    writeFileSync(join(plain, 'firewall', 'eve.json'), text)
    writeFileSync(join(plain, 'firewall', 'eve.json.zst'), zstdOf(text))
    // All three: the same content counts once.
    const ran = await vigiles(['investigate', plain, '--out', join(work, 'unpacked'), '--quiet'])
    expect(ran.code).toBe(0)
    const read = checkCase(join(work, 'unpacked'))
    expect(read.attributions.map(({ event }) => event.uid)).toEqual(
      first.attributions.map(({ event }) => event.uid),
    )
    expect(read.summary.inputs.filter(({ format }) => format === 'duplicate')).toHaveLength(2)
  }, 120_000)

  it('prints the summary and nothing else with --json, and exits with 1 where --fail-on is met', async () => {
    const ran = await vigiles(
      [
        'investigate',
        logs,
        '--out',
        join(work, 'json'),
        '--json',
        '--fail-on',
        'high',
        '--since',
        '2026-11-24T08:59:00Z',
      ],
      { cwd: work },
    )
    expect(ran.code).toBe(1)
    const summary = JSON.parse(ran.out)
    expect(summary).toEqual(JSON.parse(readFileSync(join(work, 'json', 'summary.json'), 'utf8')))
    const { attributions } = checkCase(join(work, 'json'), { windowed: true })
    for (const { event } of attributions) expect(event.time >= '2026-11-24T08:59:00').toBe(true)
  }, 120_000)
})

describe('vigiles why', () => {
  it('answers for a pasted line in about ten lines, and for a uid the same', async () => {
    const line = first.attributions.find(({ verdict }) => verdict === 'attributed')!
    const eve = gunzipSync(readFileSync(join(logs, 'firewall', 'eve.json.gz'))).toString('utf8')
    const pasted = eve.split('\n')[line.event.line - 1]!
    const byText = await vigiles(['why', join(work, 'case'), '-'], { input: pasted })
    const byUid = await vigiles(['why', join(work, 'case'), line.event.uid])
    expect(byText.code).toBe(0)
    expect(byUid.code).toBe(0)
    const rows = byText.out.trimEnd().split('\n')
    expect(rows.length).toBeLessThanOrEqual(16)
    expect(rows[0]).toMatch(/^ALARM/)
    expect(byText.out).toContain('attributed')
    const json = await vigiles(['why', join(work, 'case'), line.event.uid, '--json'])
    expect(JSON.parse(json.out)).toEqual(line)
  }, 60_000)

  it('says so when nothing matches, or the folder is none of ours', async () => {
    const none = await vigiles(['why', join(work, 'case'), 'Jan 1 00:00:00 nothing of the kind'])
    expect(none.code).toBe(2)
    expect(none.err.trimEnd().split('\n')).toHaveLength(3)
    const wrong = await vigiles(['why', work, 'x'])
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('summary.json')
  }, 60_000)
})

describe('vigiles export', () => {
  it.each(['timesketch', 'ocsf', 'csv'])(
    'writes %s',
    async (format) => {
      const ran = await vigiles(['export', join(work, 'case'), '--format', format])
      expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' })
      const rows = ran.out.trimEnd().split('\n')
      expect(rows.length).toBeGreaterThan(1)
      if (format === 'csv') return
      for (const row of rows) expect(typeof JSON.parse(row)).toBe('object')
      if (format === 'timesketch')
        for (const row of rows.slice(0, 50))
          expect(Object.keys(JSON.parse(row))).toEqual(
            expect.arrayContaining(['message', 'datetime', 'timestamp_desc']),
          )
    },
    60_000,
  )

  it('is no error when its reader leaves', async () => {
    const ran = await vigiles(['export', join(work, 'case'), '--format', 'timesketch'], { closeEarly: true })
    expect(ran).toMatchObject({ code: 0, err: '' })
  }, 60_000)
})

describe('mistakes at the prompt', () => {
  it.each([
    [['investigat', 'x'], 'Did you mean vigiles investigate'],
    [['investigate'], 'Nothing to investigate'],
    [['investigate', logs], '--out'],
    [['investigate', 'no-such-folder', '--out', 'o'], 'no such file'],
    [['investigate', logs, '--out', 'o', '--fail-on', 'worst'], 'no severity'],
    [['investigate', logs, '--out', 'o', '--tz', 'x=Mars/Olympus'], 'no time zone'],
    [['investigate', logs, '--out', 'o', '--since', 'yesterday'], '--since'],
    [
      ['investigate', logs, '--out', 'o', '--control', '2026-01-02T00:00:00Z/2026-01-01T00:00:00Z'],
      '--control',
    ],
    [['investigate', logs, '--out', 'o', '--colour'], '--colour'],
    [['investigate', logs, '--out', 'o', '--quiet', '--topology', join(root, 'package.json')], 'topology'],
    [['why'], 'why wants'],
    [['export', 'x', '--format', 'pdf'], '--format'],
  ])(
    '%j: exit 2, at most three lines, no stack',
    async (args, says) => {
      const ran = await vigiles(args, { cwd: work })
      expect(ran.code).toBe(2)
      expect(ran.out).toBe('')
      expect(ran.err).toContain(says)
      // On a slow machine a stage of a second or more says how long it took.
      const lines = ran.err
        .trimEnd()
        .split('\n')
        .filter((line) => !/^\w+: .* in [\d.]+ s \(/.test(line))
      expect(lines.length).toBeLessThanOrEqual(3)
      expect(ran.err).not.toMatch(/^\s+at /m)
    },
    60_000,
  )
})
