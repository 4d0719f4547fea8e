// A real `vigiles run` as the watch room sees it: found by itself, its finding told at once, stopped from outside.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedLine } from '../../src/schema/journal.ts'
import type { LiveRun, Overview, PolicyProposal, SourceList } from '../../src/server/api.ts'
import { actResult, boxStatus, containPreview } from '../../src/server/wire/contain.ts'
import { liveMessage } from '../../src/server/wire/live.ts'
import { liveRun } from '../../src/server/wire/live-run.ts'
import { overview } from '../../src/server/wire/overview.ts'
import { policyProposal, policySaved } from '../../src/server/wire/policy.ts'
import { openJournal } from '../../src/store/journal.ts'
import { missingForSandbox } from '../sandbox/holding.ts'
import { type Feed, listen } from './feed.ts'
import { openRoom, type Room, recordedCase, temporaryFolder } from './room.ts'

import { startServer } from './server-process.ts'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const missing = process.getuid?.() === 0 ? missingForSandbox() : 'it needs root'

interface ErrorText {
  readonly error: { readonly what: string; readonly why?: string; readonly fix?: string }
}

describe.skipIf(missing !== undefined)(`a live run${missing ? ` (${missing})` : ''}`, () => {
  const { folder, remove } = temporaryFolder()
  const dir = join(folder, 'state', 'runs', 'mined')
  const work = join(folder, 'work')
  const policyFile = join(folder, 'policy.yaml')
  let room: Room
  let feed: Feed
  let pool: Server
  let child: ChildProcess
  let source: string

  const post = <T>(path: string, body: unknown, token?: string) =>
    room.ask<T>(`/sources/${source}/${path}`, { body, ...(token !== undefined && { token }) })
  const ticks = () => (existsSync(join(work, 'ticks')) ? statSync(join(work, 'ticks')).size : 0)
  const lines = (): RecordedLine[] =>
    readFileSync(join(dir, 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  beforeAll(async () => {
    pool = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () =>
        socket.write('{"id":1,"result":[[["mining.notify","1"]],"00",4],"error":null}\n'),
      )
    })
    pool.listen(0, '127.0.0.1')
    await once(pool, 'listening')
    const { port } = pool.address() as AddressInfo
    mkdirSync(work)
    mkdirSync(join(folder, 'state', 'runs'), { recursive: true })
    writeFileSync(
      policyFile,
      `# Ours.\nversion: 1\nallow:\n  - { host: 127.0.0.1, ports: [${port}], protocols: [any] }\nfindings: { mining: alert }\n`,
    )
    // Mines through the proxy; beside it a file grows as long as anything runs.
    const program = `import socket,time
s=socket.create_connection(("198.19.255.1",1080)); s.sendall(b"\\x05\\x01\\x00"); s.recv(2)
s.sendall(b"\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01"+(${port}).to_bytes(2,"big")); s.recv(10)
s.sendall(b'{"id":1,"method":"mining.subscribe","params":["xmrig/6.21"]}\\n')
while True:
  time.sleep(0.05); open("ticks","a").write(".")`
    room = await openRoom(folder, [])
    feed = await listen(room.origin, room.token)
    child = spawn(
      process.execPath,
      [
        '--import',
        import.meta.resolve('tsx'),
        cli,
        'run',
        '--policy',
        policyFile,
        '--record',
        dir,
        '--',
        'python3',
        '-c',
        program,
      ],
      { cwd: work, stdio: ['ignore', 'ignore', 'pipe'] },
    )
  }, 60_000)

  afterAll(async () => {
    child?.kill('SIGKILL')
    feed?.close()
    await room?.close()
    pool?.close()
    remove()
    expect(room.errors).toEqual([])
  })

  it('is found by itself, and its critical finding is told while it is fresh', async () => {
    const found = await feed.wait(({ type }) => type === 'source')
    source = found.message.source
    const { at, message } = await feed.wait((one) => one.type === 'finding' && one.severity === 'critical')
    expect(liveMessage.parse(message)).toMatchObject({
      type: 'finding',
      source,
      detection: 'mining.stratum',
      severity: 'critical',
    })
    const line = lines().find(
      (one) => one.class === 'detection_finding' && one.finding.severity === 'critical',
    )
    // The aim is a second, which bench/serve-live.ts measures; here the machine may be busy.
    expect(at - Date.parse(line?.time ?? '')).toBeLessThan(10_000)
  })

  it('stands in the overview with its finding, which waits for an answer', async () => {
    await feed.wait(({ type }) => type === 'traffic')
    const { status, value } = await room.ask<Overview>('/overview')
    expect(status).toBe(200)
    const seen = overview.parse(value)
    expect(seen.running).toMatchObject([{ source, title: 'mined', frozen: false, openCalls: 1, open: 1 }])
    expect(seen.severities.critical).toBe(1)
    expect(seen.latest[0]).toMatchObject({
      source,
      kind: 'finding',
      detection: 'mining.stratum',
      ongoing: true,
    })
    expect(seen.attention.slice(0, 1)).toMatchObject([{ reason: 'unanswered', severity: 'critical', source }])
    expect(seen.traffic.bins.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(1)
    expect(seen.traffic).toMatchObject({ isLive: true, stepSeconds: 60 })
    const old = await room.ask<Overview>('/overview?to=2020-01-01T00:00:00Z')
    expect(overview.parse(old.value)).toMatchObject({
      latest: [],
      severities: { critical: 0 },
      attention: [],
    })
    const mine = liveRun.parse((await room.ask<LiveRun>(`/sources/${source}/live`)).value)
    expect(mine).toMatchObject({ state: 'live', sealed: false, totals: { allowed: 1, open: 1, calls: 1 } })
    expect(mine.connections[0]?.to).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('says what freezing it will stop, and then has stopped just that', async () => {
    const box = boxStatus.parse((await room.ask(`/sources/${source}/box`)).value)
    expect(box).toMatchObject({ frozen: false, open: 1, mode: 'enforce' })
    const { value } = await room.ask(`/sources/${source}/contain/preview?act=freeze`)
    const preview = containPreview.parse(value)
    expect(preview).toMatchObject({ act: 'freeze', undoneBy: 'thaw', connectionsCut: 1, target: box.box })
    expect(preview.connections).toEqual([{ to: box.connections[0]?.to, call: 'run' }])
    expect(preview.calls[0]?.running.map(({ name }) => name)).toContain('python3')
    expect(preview.sentences.join(' ')).toContain(`${preview.processes} processes of 1 call`)
    const result = actResult.parse((await post('contain', { act: 'freeze' })).value)
    expect(result).toMatchObject({ ok: true, status: { frozen: true } })
    expect(result.detail).toContain(`${preview.processes} processes, 1 connection cut`)
    const before = ticks()
    await sleep(400)
    expect(ticks()).toBe(before)
    const { message } = await feed.wait((one) => one.type === 'act')
    expect(message).toMatchObject({ act: 'freeze', ok: true, by: 'server (operator at 127.0.0.1)' })
    const act = lines().find((line) => line.class === 'api_activity')
    expect(act).toMatchObject({ operation: 'freeze', by: { via: 'server', uid: 0, pid: process.pid } })
    const seen = await room.ask<Overview>('/overview')
    expect(seen.value.attention[0]).toMatchObject({ reason: 'frozen', source, severity: 'critical' })
    expect(seen.value.stopped).toMatchObject([
      { source, state: 'live', by: 'server (operator at 127.0.0.1)' },
    ])
  })

  it('runs on when it is thawed, and not by the word of somebody who may only look', async () => {
    const refused = await post<ErrorText>('contain', { act: 'thaw' }, room.readerToken)
    expect(refused.status).toBe(403)
    const before = ticks()
    expect((await post<{ ok: boolean }>('contain', { act: 'thaw' })).value.ok).toBe(true)
    for (let i = 0; i < 100 && ticks() === before; i++) await sleep(100)
    expect(ticks()).toBeGreaterThan(before)
  })

  it.each([
    [{ act: 'block' }, 400, 'wants a destination'],
    [{ act: 'freeze', destination: 'a.example.com' }, 400, 'takes no destination'],
    [{ act: 'quarantine', call: 'run' }, 400, 'whole sandbox'],
    [{ act: 'status' }, 400, 'does not fit'],
    [{ act: 'freeze', onBehalfOf: 'policy' }, 400, 'does not fit'],
    [{ act: 'block', destination: 'a b\n' }, 400, 'does not fit'],
  ])('refuses %j', async (body, status, words) => {
    const answer = await post<ErrorText>('contain', body)
    expect([answer.status, answer.value.error.what]).toEqual([status, expect.stringContaining(words)])
  })

  it('answers for a call that does not run there with why, and does nothing', async () => {
    const preview = await room.ask<ErrorText>(`/sources/${source}/contain/preview?act=kill&call=toolu_1`)
    expect([preview.status, preview.value.error.why]).toEqual([404, expect.stringContaining('agent told of')])
    const answer = await post<{ ok: boolean; detail: string }>('contain', { act: 'kill', call: 'toolu_1' })
    expect(answer.value).toMatchObject({ ok: false, detail: expect.stringContaining('No call toolu_1') })
  })

  it('lets a destination become a rule of the policy it was started with, shown before it is saved', async () => {
    const wish = { want: 'allow', host: 'db.example.com', port: 5432, protocol: 'other' }
    const { value } = await post<PolicyProposal>('policy/propose', wish)
    const proposal = policyProposal.parse(value)
    expect(proposal.file).toEqual({ path: policyFile, exists: true, from: 'run' })
    expect(proposal.diff).toContain('+  - db.example.com:5432\n')
    expect([proposal.verdictBefore, proposal.verdictAfter]).toEqual(['denied', 'allowed'])
    const before = readFileSync(policyFile, 'utf8')
    const save = { ...wish, file: policyFile, sha256: proposal.sha256 }
    for (const [body, status] of [
      [{ ...save, file: '/etc/passwd' }, 404],
      [{ ...save, file: `${folder}/work/../policy.yaml` }, 404],
      [{ ...save, sha256: '0'.repeat(64) }, 409],
    ] as const) {
      expect((await post('policy/save', body)).status).toBe(status)
    }
    expect((await post('policy/save', save, room.readerToken)).status).toBe(403)
    expect(readFileSync(policyFile, 'utf8')).toBe(before)
    const saved = policySaved.parse((await post('policy/save', save)).value)
    expect(readFileSync(policyFile, 'utf8')).toBe(
      before.replace('allow:\n', 'allow:\n  - db.example.com:5432\n'),
    )
    expect(readFileSync(saved.backup ?? '', 'utf8')).toBe(before)
    expect((await post<ErrorText>('policy/save', save)).status).toBe(409)
  })

  it('has a destination blocked and is cut off from everything, and both are undone', async () => {
    const say = async (body: object) => actResult.parse((await post('contain', body)).value)
    const preview = async (query: string) =>
      containPreview.parse((await room.ask(`/sources/${source}/contain/preview?${query}`)).value)
    const destination = 'pool.example.com:3333'
    expect((await preview(`act=block&destination=${destination}`)).sentences.join(' ')).toContain(
      'What runs goes on.',
    )
    expect((await say({ act: 'block', destination })).status?.blocked).toEqual([destination])
    expect((await preview(`act=unblock&destination=${destination}`)).sentences[0]).toContain(
      'policy alone decides',
    )
    expect((await say({ act: 'unblock', destination })).status?.blocked).toEqual([])
    expect(await say({ act: 'unblock', destination })).toMatchObject({ ok: false })
    expect((await preview('act=quarantine')).undoneBy).toBe('release')
    expect((await say({ act: 'quarantine' })).status?.quarantined).toBe(true)
    await feed.wait((one) => one.type === 'act' && one.act === 'quarantine')
    const { value } = await room.ask<Overview>('/overview')
    expect(value.attention.map(({ reason }) => reason)).toContain('quarantined')
    expect((await preview('act=quarantine')).sentences.join(' ')).toContain('is quarantined already')
    expect((await say({ act: 'release' })).status?.quarantined).toBe(false)
  })

  it('is killed, and says in run.json and in the room that it was stopped', async () => {
    const ended = once(child, 'exit')
    const preview = containPreview.parse(
      (await room.ask(`/sources/${source}/contain/preview?act=kill`)).value,
    )
    expect(preview).toMatchObject({ undoneBy: null })
    const result = actResult.parse((await post('contain', { act: 'kill' })).value)
    expect(result).toMatchObject({ ok: true, status: { calls: [] } })
    expect(await ended).toEqual([4, null])
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))).toMatchObject({
      stoppedBy: 'kill',
      policyFile,
    })
    for (let i = 0; i < 100; i++) {
      const { value } = await room.ask<Overview>('/overview')
      if (value.running.length === 0 && value.stopped[0]?.stoppedBy === 'kill') break
      await sleep(100)
    }
    const { value } = await room.ask<Overview>('/overview')
    expect(value.running).toEqual([])
    expect(value.stopped).toMatchObject([{ source, state: 'ready', stoppedBy: 'kill' }])
    expect(value.attention).toEqual([])
    const gone = await post<ErrorText>('contain', { act: 'freeze' })
    expect(gone.status).toBe(409)
    expect(gone.value.error).toMatchObject({
      what: 'mined does not run any more.',
      why: 'It was stopped by kill.',
    })
  })
})

describe.skipIf(missing !== undefined)('a run whose Vigiles is killed', () => {
  it('is told to have ended without an end, and takes no orders any more', async () => {
    const { folder, remove } = temporaryFolder()
    const dir = join(folder, 'state', 'runs', 'lost')
    mkdirSync(join(folder, 'state', 'runs'), { recursive: true })
    const room = await openRoom(folder, [])
    const feed = await listen(room.origin, room.token)
    const child = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), cli, 'run', '--quiet', '--record', dir, '--', 'sleep', '60'],
      { cwd: folder, stdio: 'ignore' },
    )
    const { source } = (await feed.wait(({ type }) => type === 'source')).message
    const state = async () => (await room.ask<Overview>('/overview')).value
    for (let i = 0; i < 200 && (await state()).running[0]?.openCalls !== 1; i++) await sleep(50)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    for (let i = 0; i < 200 && (await state()).running.length > 0; i++) await sleep(50)
    const { running, attention } = await state()
    expect(running).toEqual([])
    expect(attention).toMatchObject([
      { source, reason: 'unsealed', fix: expect.stringContaining('vigiles verify') },
    ])
    const answer = await room.ask<ErrorText>(`/sources/${source}/contain`, { body: { act: 'kill' } })
    expect([answer.status, answer.value.error.why]).toEqual([
      409,
      expect.stringContaining('Vigiles was killed'),
    ])
    feed.close()
    await room.close()
    remove()
    expect(room.errors).toEqual([])
  })
})

describe('the room beside recordings that other programs write', () => {
  const { folder, remove } = temporaryFolder()
  const runs = join(folder, 'state', 'runs')
  let room: Room
  let feed: Feed
  const paged: { incident: { title: string; severity: string; boxes: string[] } }[] = []
  const pager = createHttpServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      paged.push(JSON.parse(text))
      response.end()
    })
  })

  const finding = (uid: string, severity: 'low' | 'critical') => ({
    class: 'detection_finding' as const,
    box: 'run-1',
    finding: { uid, detection: 'mining.stratum', kind: 'mining' as const, title: `Found ${uid}`, severity },
  })

  beforeAll(async () => {
    mkdirSync(runs, { recursive: true })
    const old = openJournal({ dir: join(runs, 'old'), version: '1', box: 'run-1' })
    old.append(finding('before', 'critical'))
    await old.seal()
    await old.close()
    pager.listen(0, '127.0.0.1')
    await once(pager, 'listening')
    const { port } = pager.address() as AddressInfo
    room = await openRoom(folder, [], {
      page: [{ on: 'critical', webhook: `http://127.0.0.1:${port}/hook` }],
    })
    feed = await listen(room.origin, room.token)
  })
  afterAll(async () => {
    feed.close()
    await room.close()
    pager.close()
    remove()
    expect(room.errors).toEqual([])
  })

  async function read(path: string, fits: (value: Overview) => boolean): Promise<Overview> {
    for (let i = 0; i < 150; i++) {
      const { value } = await room.ask<Overview>(path)
      if (fits(value)) return value
      await sleep(100)
    }
    throw new Error('it never came to be so')
  }

  it('counts what was found before it began, and calls none of it news', async () => {
    const seen = await read('/overview', ({ severities }) => severities.critical === 1)
    expect(seen.latest).toMatchObject([{ uid: 'before', ongoing: false }])
    expect(seen.attention).toEqual([])
    expect(feed.got.filter(({ message }) => message.type === 'finding')).toEqual([])
  })

  it('follows a journal that begins later, over a half-written line and a reader that came late', async () => {
    const dir = join(runs, 'late')
    const journal = openJournal({ dir, version: '1', box: 'run-2' })
    journal.append(finding('f-1', 'low'))
    await feed.wait((one) => one.type === 'finding' && one.uid === 'f-1')
    journal.append(finding('f-2', 'critical'))
    appendFileSync(join(dir, 'journal.jsonl'), '{"_schema":"vigiles/event/v1","class":"network_act')
    const { message } = await feed.wait((one) => one.type === 'finding' && one.uid === 'f-2')
    expect(message).toMatchObject({ severity: 'critical', title: 'Found f-2' })
    await journal.close()
  })

  it('pages for what is new and as bad as was asked for, once however often it is repeated', async () => {
    const journal = openJournal({ dir: join(runs, 'paged'), version: '1', box: 'run-4' })
    journal.append(finding('p-low', 'low'))
    for (let i = 0; i < 5; i++) journal.append(finding('p-1', 'critical'))
    for (let i = 0; i < 100 && !paged.some(({ incident }) => incident.title === 'Found p-1'); i++)
      await sleep(50)
    journal.append(finding('p-1', 'critical'))
    journal.append(finding('p-2', 'critical'))
    for (let i = 0; i < 100 && !paged.some(({ incident }) => incident.title === 'Found p-2'); i++)
      await sleep(50)
    expect(paged.map(({ incident }) => incident.title)).toEqual(['Found f-2', 'Found p-1', 'Found p-2'])
    expect(paged[1]?.incident).toMatchObject({ severity: 'critical', boxes: ['paged'] })
    await journal.close()
  })

  it('tells one who asked for one source of nothing else', async () => {
    const { value } = await room.ask<SourceList>('/sources')
    const late = value.sources.find(({ title }) => title === 'late')
    const mine = await listen(room.origin, room.readerToken, `?source=${late?.id}`)
    const other = openJournal({ dir: join(runs, 'other'), version: '1', box: 'run-3' })
    other.append(finding('o-1', 'critical'))
    await feed.wait((one) => one.type === 'finding' && one.uid === 'o-1')
    expect(mine.got).toEqual([])
    mine.close()
    await other.close()
  })

  it('begins a policy of its own where a run had none, and changes none that a recording from elsewhere names', async () => {
    const { value } = await room.ask<SourceList>('/sources')
    const { id } = value.sources.find(({ title }) => title === 'late')!
    const secret = join(folder, 'secret.yaml')
    writeFileSync(secret, 'password: hunter2\n')
    const link = join(folder, 'link.yaml')
    symlinkSync('/etc/passwd', link)
    const wish = { want: 'deny', host: 'pool.example.com' }
    for (const policyFile of ['/etc/passwd', link, 'relative.yaml', '/dev/zero.yaml', 7, null]) {
      writeFileSync(join(runs, 'late', 'run.json'), JSON.stringify({ _schema: 'vigiles/run/v1', policyFile }))
      const answer = await room.ask<PolicyProposal>(`/sources/${id}/policy/propose`, { body: wish })
      const { file, files, diff, notes } = policyProposal.parse(answer.value)
      expect(files).toEqual([file])
      expect(file).toEqual({
        path: join(room.stateFolder, 'policies', 'policy.yaml'),
        exists: false,
        from: 'state',
      })
      expect(diff).toContain('@@ -0,0 +1,3 @@\n+version: 1\n+deny:\n+  - pool.example.com\n')
      expect(notes.join(' ')).toContain('vigiles run --policy')
    }
    writeFileSync(
      join(runs, 'late', 'run.json'),
      JSON.stringify({ _schema: 'vigiles/run/v1', policyFile: secret }),
    )
    const odd = await room.ask<ErrorText>(`/sources/${id}/policy/propose`, { body: wish })
    expect([odd.status, odd.value.error.what]).toEqual([400, expect.stringContaining('no sound policy')])
    expect(JSON.stringify(odd.value)).not.toContain('hunter2')
    const file = join(room.stateFolder, 'policies', 'policy.yaml')
    const fresh = await room.ask<PolicyProposal>(`/sources/${id}/policy/propose`, { body: { ...wish, file } })
    const save = { ...wish, file, sha256: fresh.value.sha256 }
    const saved = await room.ask(`/sources/${id}/policy/save`, { body: save })
    expect(policySaved.parse(saved.value).backup).toBeNull()
    expect(readFileSync(file, 'utf8')).toBe('version: 1\ndeny:\n  - pool.example.com\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('says so when a recording goes away, and reads no file that a link stands for', async () => {
    const dir = join(runs, 'linked')
    mkdirSync(dir)
    symlinkSync(join(runs, 'late', 'journal.jsonl'), join(dir, 'journal.jsonl'))
    const { value } = await room.ask<SourceList>('/sources')
    const other = value.sources.find(({ title }) => title === 'other')
    const before = feed.got.length
    rmSync(join(runs, 'other'), { recursive: true })
    await feed.wait((one) => feed.got.length > before && one.type === 'source' && one.source === other?.id)
    const seen = await read('/overview', ({ sources }) => sources.unusable === 1)
    expect(seen.latest.map(({ sourceTitle }) => sourceTitle)).not.toContain('linked')
    expect(seen.attention.find(({ reason }) => reason === 'unusable')).toMatchObject({
      text: 'linked holds "journal.jsonl", which is a link.',
    })
  })

  it('ends every feed when it is closed', async () => {
    const own = temporaryFolder()
    const second = await openRoom(own.folder, [])
    const listener = await listen(second.origin, second.token)
    await second.close()
    await listener.ended
    own.remove()
  })
})

describe('the overview of an investigation', () => {
  const { folder, remove } = temporaryFolder()
  let room: Room

  beforeAll(async () => {
    room = await openRoom(folder, [await recordedCase(folder)])
  }, 120_000)
  afterAll(async () => {
    await room.close()
    remove()
    expect(room.errors).toEqual([])
  })

  it('has its incidents, and its connections in the last hour in which there were any', async () => {
    let seen: Overview | undefined
    for (let i = 0; i < 100; i++) {
      seen = overview.parse((await room.ask('/overview')).value)
      if (seen.notes.length === 0) break
      await sleep(50)
    }
    const summary = JSON.parse(readFileSync(join(folder, 'case', 'summary.json'), 'utf8'))
    const critical = summary.incidents.filter(({ severity }: { severity: string }) => severity === 'critical')
    expect(seen?.severities.critical).toBe(critical.length)
    expect(seen?.latest.map(({ uid }) => uid).sort()).toEqual(
      summary.incidents.map(({ uid }: { uid: string }) => uid).sort(),
    )
    const { bins, isLive } = seen?.traffic ?? { bins: [] }
    expect([bins.length, isLive]).toEqual([60, false])
    // What the case's own lines say of the same hour.
    const events = readFileSync(join(folder, 'case', 'attributions.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event)
    const within = events.filter(
      ({ time }) => time >= (seen?.traffic.from ?? '') && time < (seen?.traffic.to ?? ''),
    )
    for (const disposition of ['allowed', 'blocked'] as const) {
      const expected = within.filter(
        (event) => event.class === 'network_activity' && event.disposition === disposition,
      )
      expect(bins.reduce((sum, bin) => sum + bin[disposition], 0)).toBe(expected.length)
    }
    const first = events.map(({ time }) => time).sort()[0]
    const early = overview.parse(
      (await room.ask(`/overview?from=${first}&to=${first.slice(0, 17)}59Z`)).value,
    )
    expect(early.traffic.bins.length).toBe(1)
  })

  it('calls for nobody any more once somebody has closed what goes on', async () => {
    const { value } = await room.ask<Overview>('/overview')
    const waiting = value.attention.find(({ reason }) => reason === 'ongoing')
    expect(waiting).toBeDefined()
    const path = `/sources/${waiting?.source}/incidents/${waiting?.uid}/notes`
    const { status } = await room.ask(path, { body: { by: 'mira', status: 'closed' } })
    expect(status).toBe(200)
    const later = await room.ask<Overview>('/overview')
    expect(later.value.attention.map(({ uid }) => uid)).not.toContain(waiting?.uid)
    expect(later.value.attention.length).toBe(value.attention.length - 1)
  })

  it('refuses times that are none', async () => {
    const { status } = await room.ask('/overview?from=yesterday')
    expect(status).toBe(400)
  })
})

describe('the overview of a followed stream', () => {
  it('has what was found in it so far, among everything else', async () => {
    const { folder, remove } = temporaryFolder()
    const logs = fileURLToPath(new URL('../../fixtures/incidents/recorded-run/logs', import.meta.url))
    const server = await startServer(folder, ['--port', '0', '--follow', logs])
    if (!('origin' in server)) throw new Error(server.err)
    const ask = async (path: string) => {
      const headers = { authorization: `Bearer ${server.reader}` }
      return overview.parse(await (await fetch(`${server.origin}/api/v1${path}`, { headers })).json())
    }
    let seen = await ask('/overview')
    for (let i = 0; i < 300 && seen.severities.critical === 0; i++) {
      await sleep(200)
      seen = await ask('/overview')
    }
    const [stream] = seen.following
    expect(stream?.title).toBe(logs)
    expect(seen.severities.critical).toBeGreaterThan(0)
    expect(new Set(seen.latest.map(({ source }) => source))).toEqual(new Set([stream?.source]))
    expect(seen.attention.map(({ reason }) => reason)).toContain('ongoing')
    expect(await server.stop()).toBe(0)
    remove()
  }, 90_000)
})
