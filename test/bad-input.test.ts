// Whatever is given, a run ends in a clear statement of what was found missing and what to supply.

import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseZoneRule } from '../src/pipeline/clock-domains.ts'
import { type InvestigateOptions, investigate } from '../src/pipeline/investigate.ts'
import { quietProgress } from '../src/pipeline/progress.ts'
import { type CaseRead, checkCase } from './contract.ts'
import { vigiles } from './e2e/command.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const recorded = join(root, 'fixtures/incidents/recorded-run/logs')
const importers = join(root, 'fixtures/importers')
const isRoot = process.getuid?.() === 0
const posix = process.platform !== 'win32'

let work = ''
let eve = ''
let made = 0

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'vigiles-'))
  chmodSync(work, 0o755)
  eve = gunzipSync(readFileSync(join(recorded, 'firewall/eve.json.gz'))).toString('utf8')
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

/** Not so where the clone, node or the folder for temporary files lies in a folder that is root's alone. */
function nobodyReachesUs(): boolean {
  const look = `for (const path of process.argv.slice(1)) fs.readdirSync(path)`
  const { status } = spawnSync(process.execPath, ['-e', look, join(root, 'src/cli'), tmpdir()], {
    uid: 65_534,
    gid: 65_534,
    cwd: '/',
  })
  return status === 0
}

/** A new folder with these files in it. */
function folderOf(files: Record<string, string | Uint8Array> = {}): string {
  const folder = join(work, `in-${made++}`)
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** The recorded run, with its firewall log changed. */
function recordedWith(
  change: (text: string) => string,
  { traces = true, topology = (text: string): string | undefined => text } = {},
): string {
  const folder = folderOf({ 'eve.json': change(eve) })
  if (traces) cpSync(join(recorded, 'traces'), join(folder, 'traces'), { recursive: true })
  const text = topology(readFileSync(join(recorded, 'topology.yaml'), 'utf8'))
  if (text !== undefined) writeFileSync(join(folder, 'topology.yaml'), text)
  return folder
}

function moved(text: string, hours: number): string {
  return text.replace(
    /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{6}[+-]\d{4})/g,
    (_, stamp: string, rest: string) => {
      const ms = Date.parse(`${stamp}Z`) + hours * 3_600_000
      return new Date(ms).toISOString().slice(0, 19) + rest
    },
  )
}

async function run(
  paths: string | string[],
  options: Partial<InvestigateOptions> = {},
): Promise<
  CaseRead & { usable: boolean; notes: string; input(name: string): CaseRead['summary']['inputs'][number] }
> {
  const out = join(work, `out-${made++}`)
  const { usable } = await investigate({
    paths: [paths].flat(),
    out,
    zones: [],
    controls: [],
    progress: quietProgress,
    ...options,
  })
  const read = checkCase(options.out ?? out)
  return {
    ...read,
    usable,
    notes: read.summary.notes.join('\n'),
    input: (name) => read.summary.inputs.find(({ path }) => path === name)!,
  }
}

describe('nothing to go by', () => {
  it('an empty folder', async () => {
    const { usable, notes, summary } = await run(folderOf())
    expect(usable).toBe(false)
    expect(notes).toBe('No file was found. Give the firewall logs and the agent traces, as files or folders.')
    expect(summary.verdict).toContain('Nothing was found')
  })

  it('PDFs, documents, archives and pictures: each is told what it is', async () => {
    const { usable, notes } = await run(
      folderOf({
        'a.pdf': '%PDF-1.7\n…',
        'b.pdf': '%PDF-1.4\n…',
        'c.tar.gz': gzipSync(Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0'), Buffer.alloc(249)])),
        'd.xz': Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2]),
        'e.log': '\n\n  \n',
        'f.bin': Buffer.alloc(100),
        'g.json': '{"temperature": 21, "room": "kitchen"}\n',
        'h.pkl': Buffer.from([0x80, 4, 0x95, 1, 0]),
        empty: '',
      }),
    )
    expect(usable).toBe(false)
    expect(notes).toContain('a.pdf, b.pdf could not be recognised: a PDF document')
    expect(notes).toContain('c.tar.gz could not be recognised: a tar archive that is broken')
    expect(notes).toContain('d.xz could not be recognised: compressed with xz; unpack it first')
    expect(notes).toContain('only blank lines')
    expect(notes).toContain('nothing but zero bytes')
    expect(notes).toContain('JSON with the keys temperature, room')
    expect(notes).toContain('a Python pickle: it is never opened')
    expect(notes).toContain('No network, DNS or alert event was read: supply')
    expect(notes).toContain('No tool call was read: supply')
  })

  it('ends the command with 2 and says it on stderr, also with --quiet', async () => {
    const ran = await vigiles(['investigate', folderOf(), '--out', join(work, 'quiet'), '--quiet'])
    expect(ran.code).toBe(2)
    expect(ran.out).toBe('')
    expect(ran.err.split('\n')[0]).toBe('Nothing in what was given could be used.')
  })
})

describe('one side only', () => {
  it('logs without traces: names the time for which traces are wanted', async () => {
    const { usable, notes, summary, attributions } = await run(
      recordedWith((text) => text, { traces: false }),
    )
    expect(usable).toBe(true)
    // The log's own stamps, to the minute; its records are written in the order of their ends.
    const hour = /"timestamp":"(\S+?)T(\d\d):/.exec(eve)!
    expect(notes).toMatch(
      new RegExp(
        `No tool call was read: supply the agents' traces .* for ${hour[1]} ${hour[2]}:\\d\\d to ${hour[1]} \\d\\d:\\d\\d UTC`,
      ),
    )
    expect(summary.verdict).toContain("no record of any agent's tool calls")
    expect(attributions.every(({ verdict, pNone }) => verdict === 'not-attributable' && pNone === 1)).toBe(
      true,
    )
  })

  it('traces without logs', async () => {
    const { usable, notes, summary } = await run(join(recorded, 'traces'))
    expect(usable).toBe(true)
    expect(notes).toContain('No network, DNS or alert event was read: supply the log of the firewall')
    expect(summary.verdict).toContain('no firewall, flow or DNS record')
  })

  it('traces in which no tool was ever called', async () => {
    const { notes, input } = await run(
      folderOf({
        'chat.jsonl': `${JSON.stringify({ type: 'user', uuid: 'a', sessionId: 's', timestamp: '2026-11-24T08:59:00.000Z', cwd: '/', version: '2.0.0', message: { role: 'user', content: 'hello' } })}\n${JSON.stringify({ type: 'assistant', uuid: 'b', parentUuid: 'a', sessionId: 's', timestamp: '2026-11-24T08:59:02.000Z', cwd: '/', version: '2.0.0', message: { role: 'assistant', content: [{ type: 'text', text: 'hello' }] } })}\n`,
        'eve.json': eve.split('\n').slice(0, 50).join('\n'),
      }),
    )
    expect(input('chat.jsonl')).toMatchObject({ format: 'claude-code', toolCalls: 0, rejected: 0 })
    expect(notes).toContain('No tool call was read')
  })
})

describe('times that do not fit', () => {
  it('logs of another day: says how far apart they are and blames nobody', async () => {
    const { notes, summary } = await run(recordedWith((text) => moved(text, 24 * 5)))
    expect(notes).toMatch(
      /network logs cover 2026-11-29 .*the traces 2026-11-24 .*they are 5 days apart and are of different runs/,
    )
    expect(summary.attribution).toMatchObject({ attributed: 0, likely: 0 })
    expect(summary.verdict).toContain('cannot be told: logs and traces do not overlap in time')
    expect(summary.hypotheses.map(({ verdict }) => verdict)).toEqual(Array(4).fill('undecided'))
  })

  it.each([
    ['through a gateway that nothing lists', (text: string) => text],
    [
      'through one address alone',
      (text: string) => text.replace(/"src_ip":"[^"]+"/g, '"src_ip":"203.0.113.250"'),
    ],
  ])('logs of another day %s: nobody outside is accused either', async (_, change) => {
    const { summary } = await run(
      recordedWith((text) => change(moved(text, 24 * 4)), { topology: () => undefined }),
    )
    expect(summary.verdict).toContain('cannot be told: logs and traces do not overlap in time')
    expect(summary.hypotheses.map(({ verdict }) => verdict)).toEqual(Array(4).fill('undecided'))
  })

  it('a clock that is eight hours off: found, corrected and said', async () => {
    const [right, wrong] = await Promise.all([
      run(recordedWith((text) => text)),
      run(recordedWith((text) => moved(text, 8))),
    ])
    const clock = (read: CaseRead) => read.summary.clocks.find(({ domain }) => domain.startsWith('suricata'))!
    expect(clock(wrong)).toMatchObject({ aligned: true })
    expect(Math.abs(clock(wrong).offsetMs - clock(right).offsetMs - 8 * 3_600_000)).toBeLessThan(100)
    expect(wrong.notes).toMatch(
      /The clock of suricata-eve is 8 hours ahead of the traces; its times were corrected/,
    )
    const times = (read: CaseRead) => read.attributions.map(({ event }) => event.time.slice(0, 21))
    expect(times(wrong)).toEqual(times(right))
  })

  it('logs that reach far beyond the traces: counts what cannot be judged', async () => {
    const { notes } = await run(recordedWith((text) => text + moved(text, 24 * 3)))
    const events = eve.trim().split('\n').length
    expect(notes).toMatch(
      new RegExp(
        `${events} of ${2 * events} events lie more than ten minutes from any call; .* supply the traces`,
      ),
    )
  })

  it('a --tz that matches nothing', async () => {
    const { notes } = await run(
      recordedWith((text) => text),
      { zones: [parseZoneRule('fortinet*=Asia/Tokyo')] },
    )
    expect(notes).toContain('--tz fortinet*=Asia/Tokyo matches no input that was read')
  })
})

describe('addresses that do not fit', () => {
  it('a firewall that sees only the NAT: says which log would tell', async () => {
    const { notes } = await run(
      recordedWith((text) => text.replace(/"src_ip":"[^"]+"/g, '"src_ip":"203.0.113.250"'), {
        topology: () => undefined,
      }),
    )
    expect(notes).toMatch(
      /Every event comes from one address, 203\.0\.113\.250, .*NAT gateway.* Supply .*conntrack/,
    )
  })

  it('a topology of another run', async () => {
    const { notes } = await run(
      recordedWith((text) => text, {
        topology: (text) => text.replace(/\d+\.\d+\.\d+\.\d+/g, '10.250.250.1'),
      }),
    )
    const [, nat = ''] = /"src_ip":"(203\.0\.113\.\d+)"/.exec(eve) ?? []
    expect(notes).toMatch(
      /The topology lists \d+ sandboxes, but none of its addresses stands in the logs \(they have /,
    )
    expect(notes).toContain(`(they have ${nat}`)
  })
})

describe('traces of a part', () => {
  it('traces of one sandbox of twelve: says so, and calls nothing background', async () => {
    const spans = gunzipSync(readFileSync(join(recorded, 'traces/train-04ca/spans.jsonl.gz'))).toString()
    const one = spans.split('\n').filter((line) => line.includes('sbx-aa3043'))
    const folder = recordedWith((text) => text, { traces: false })
    writeFileSync(join(folder, 'spans.jsonl'), `${one.join('\n')}\n`)
    const { summary, toolCalls } = await run(folder)
    expect(toolCalls.length).toBeGreaterThan(10)
    expect(summary.verdict).toContain(
      'cannot be told: calls are recorded of 1 of the 12 sandboxes that these events come from',
    )
    expect(summary.hypotheses.map(({ verdict }) => verdict)).toEqual(Array(4).fill('undecided'))
  })
})

describe('broken files', () => {
  it('a cut gzip file: what stands before the cut counts, and the cut is said', async () => {
    const packed = readFileSync(join(recorded, 'firewall/eve.json.gz'))
    const { notes, input, rejects } = await run(
      folderOf({ 'eve.json.gz': packed.subarray(0, packed.length >> 1) }),
    )
    expect(input('eve.json.gz').events).toBeGreaterThan(500)
    expect(notes).toContain('eve.json.gz: the gzip stream is cut off or broken')
    expect(rejects.some(({ line, reason }) => line === 0 && reason.includes('cut off'))).toBe(true)
  })

  it('binary garbage after good lines: every line of it is kept as refused', async () => {
    let seed = 7
    const garbage = Uint8Array.from({ length: 200_000 }, () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return seed >>> 24
    })
    const good = eve.split('\n').slice(0, 20).join('\n')
    const { input } = await run(folderOf({ 'eve.json': Buffer.concat([Buffer.from(`${good}\n`), garbage]) }))
    const { events, rejected } = input('eve.json')
    expect(events).toBeGreaterThan(10)
    expect(rejected).toBeGreaterThan(500)
  })

  it('300 MB of garbage and a line of 100 MB: memory stays bounded', async () => {
    const folder = folderOf()
    const noise = Buffer.alloc(1 << 20)
    for (let i = 0; i < noise.length; i++) noise[i] = (i * 2_654_435_761) >>> 13
    const garbage = openSync(join(folder, 'garbage.bin'), 'w')
    for (let i = 0; i < 300; i++) writeSync(garbage, noise)
    closeSync(garbage)
    const [first, second] = eve.split('\n')
    const long = openSync(join(folder, 'eve.json'), 'w')
    writeSync(long, `${first}\n{"event_type":"flow","pad":"`)
    for (let i = 0; i < 100; i++) writeSync(long, 'x'.repeat(1 << 20))
    writeSync(long, `"}\n${second}\n`)
    closeSync(long)
    const before = process.memoryUsage().rss
    const { input, rejects, notes } = await run(folder)
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024)
    expect(notes).toContain('garbage.bin could not be recognised: binary data')
    expect(input('eve.json')).toMatchObject({ events: 2, rejected: 1 })
    expect(rejects).toEqual([expect.objectContaining({ line: 2, reason: 'the line is too long' })])
  }, 120_000)

  it('UTF-16, as Windows writes it', async () => {
    const text = readFileSync(join(importers, 'suricata-eve/mixed.json'), 'utf8')
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
    const { input } = await run(folderOf({ 'a.json': wide }))
    const plain = await run(join(importers, 'suricata-eve'))
    const { events, rejected } = plain.input('mixed.json')
    expect(input('a.json')).toMatchObject({ format: 'suricata-eve', events, rejected })
  })

  it('two traces with the same ids: their calls stay apart, and it is said', async () => {
    const folder = folderOf({ 'eve.json': eve.split('\n').slice(0, 5).join('\n') })
    const [session] = readdirSync(join(importers, 'claude-code')).filter((name) => name === 'session.jsonl')
    const text = readFileSync(join(importers, 'claude-code', session!), 'utf8')
    writeFileSync(join(folder, 'a.jsonl'), text)
    writeFileSync(join(folder, 'b.jsonl'), text.replaceAll('"command":"', '"command":"true; '))
    const { toolCalls, notes } = await run(folder)
    expect(new Set(toolCalls.map(({ uid }) => uid)).size).toBe(toolCalls.length)
    expect(notes).toMatch(
      /call id\(s\) are used by several traces for different commands \(.* in a\.jsonl and b\.jsonl\)/,
    )
  })

  it('two traces with the same ids and commands at other times: they stay apart, and it is said', async () => {
    const folder = folderOf({ 'eve.json': eve.split('\n').slice(0, 5).join('\n') })
    const text = readFileSync(join(importers, 'claude-code', 'session.jsonl'), 'utf8')
    writeFileSync(join(folder, 'a.jsonl'), text)
    writeFileSync(join(folder, 'b.jsonl'), text.replaceAll(/"(\d{4})-(\d\d)-(\d\d)T/g, '"2031-$2-$3T'))
    const { toolCalls, notes } = await run(folder)
    expect(new Set(toolCalls.map(({ uid }) => uid)).size).toBe(toolCalls.length)
    expect(notes).toMatch(
      /call id\(s\) stand in several traces with the same command at different times \(.* in a\.jsonl and b\.jsonl\)/,
    )
  })
})

describe('places', () => {
  it.runIf(posix)('links in circles, links to nothing and pipes are told, not followed', async () => {
    const folder = folderOf({ 'a/eve.json': eve.split('\n').slice(0, 5).join('\n') })
    symlinkSync('..', join(folder, 'a', 'up'))
    symlinkSync('self', join(folder, 'self'))
    symlinkSync('nowhere', join(folder, 'gone'))
    tool('mkfifo', [join(folder, 'pipe')])
    const { input, notes } = await run(folder)
    expect(input('a/eve.json').events).toBe(5)
    expect(notes).toContain('gone could not be read: it is a link to nothing')
    expect(notes).toContain('self could not be read: it is a link to itself')
    expect(notes).toContain('pipe could not be read: it is a pipe, socket or device')
  })

  it('results inside the folder of the logs are no input, now and later', async () => {
    const folder = folderOf({ 'eve.json': eve.split('\n').slice(0, 5).join('\n') })
    const first = await run(folder, { out: join(folder, 'case') })
    const second = await run(folder, { out: join(folder, 'case') })
    expect(second.summary.inputs).toEqual(first.summary.inputs)
    const third = await run(folder, { out: join(folder, 'case-2') })
    expect(third.attributions).toEqual(first.attributions)
    expect(third.notes).toContain('case could not be read: it holds the results of an investigation')
  })

  it.runIf(posix)('a pipe or device given by name', async () => {
    await expect(run('/dev/null')).rejects.toThrow('neither a file nor a folder')
  })

  it.runIf(isRoot && posix && nobodyReachesUs())(
    'what an ordinary user may not read or write',
    async () => {
      const folder = folderOf({ 'eve.json': eve.split('\n').slice(0, 5).join('\n'), 'secret.json': eve })
      chmodSync(join(folder, 'secret.json'), 0o600)
      const closed = folderOf()
      const open = folderOf()
      chmodSync(open, 0o777)
      const nobody = 65_534
      const refused = await vigiles(['investigate', folder, '--out', join(closed, 'case')], { uid: nobody })
      expect(refused.code).toBe(3)
      expect(refused.err).toContain('could not be made')
      expect(refused.err.trimEnd().split('\n').length).toBeLessThanOrEqual(3)
      const ran = await vigiles(['investigate', folder, '--out', join(open, 'case')], { uid: nobody })
      expect(ran.code).toBe(0)
      expect(ran.out).toContain('secret.json could not be read: this user may not read it')
      const none = await vigiles(['investigate', join(folder, 'secret.json'), '--out', join(open, 'none')], {
        uid: nobody,
      })
      expect(none.code).toBe(2)
      expect(none.err).toContain('this user may not read it')
    },
    60_000,
  )

  it.runIf(isRoot && canMount())(
    'a full disk: says so, and no half file looks whole',
    async () => {
      const small = folderOf()
      tool('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small])
      try {
        const ran = await vigiles(['investigate', recorded, '--out', join(small, 'case'), '--quiet'])
        expect(ran.code).toBe(3)
        expect(ran.err).toContain('The disk is full')
        expect(ran.err.trimEnd().split('\n').length).toBeLessThanOrEqual(3)
        const left = readdirSync(join(small, 'case'))
        expect(left).not.toContain('summary.json')
        expect(left.filter((name) => name.startsWith('.reading'))).toEqual([])
      } finally {
        tool('umount', [small])
      }
    },
    60_000,
  )
})

describe('what logs hold never reaches the terminal as it is', () => {
  it('escape sequences are spelled out, secrets are replaced', async () => {
    const esc = '\u001b]0;owned\u0007\u001b[31m'
    const token = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'
    const folder = recordedWith((text) =>
      text.replaceAll(
        /"signature":"[^"]*"/g,
        `"signature":${JSON.stringify(`${esc}Miner https://u:${token}@x.example.com/`)}`,
      ),
    )
    copyFileSync(join(folder, 'eve.json'), join(folder, `eve${esc.replaceAll('/', '')}.json`))
    rmSync(join(folder, 'eve.json'))
    const out = join(work, 'hostile')
    const ran = await vigiles(['investigate', folder, '--out', out])
    expect(ran.code).toBe(0)
    const { attributions } = checkCase(out)
    const line = attributions.find(({ event }) => event.rule?.includes('Miner'))!
    const why = await vigiles(['why', out, line.event.uid])
    for (const shown of [ran.out, ran.err, why.out]) {
      expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      expect(shown).not.toContain(token)
    }
    for (const name of readdirSync(out)) {
      const content = readFileSync(join(out, name), 'utf8')
      expect(content.includes(token), name).toBe(false)
      expect(content.includes('\u001b'), name).toBe(false)
    }
  }, 60_000)
})

/** Programs of the system, not of this package. */
function tool(name: string, args: readonly string[]): void {
  execFileSync(name, args, { stdio: 'ignore' })
}

function canMount(): boolean {
  if (!isRoot) return false
  const folder = mkdtempSync(join(tmpdir(), 'vigiles-'))
  try {
    tool('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
    tool('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
