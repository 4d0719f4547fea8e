// A follower that is killed at any moment answers each event once, under one uid, and leaves none out.

import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { Follow, FollowAnswer } from '../../src/pipeline/follow/api.ts'
import type { Summary } from '../../src/schema/summary.ts'
import { append, linesOf, recordedRun, temporary } from './recorded.ts'

interface Said {
  readonly listening?: Follow['listening']
  readonly settled?: true
  readonly summary?: Summary
  readonly answered?: number
  readonly problem?: object
}

class Driver {
  readonly child: ChildProcess
  readonly problems: object[] = []
  #waiting: { key: keyof Said; resolve(said: Said): void }[] = []

  constructor(start: object) {
    this.child = fork(fileURLToPath(new URL('driver.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
    this.child.on('message', (said: Said) => {
      if (said.problem) this.problems.push(said.problem)
      for (const one of this.#waiting.filter(({ key }) => key in said)) one.resolve(said)
      this.#waiting = this.#waiting.filter(({ key }) => !(key in said))
    })
    this.child.send(start)
  }

  said(key: keyof Said): Promise<Said> {
    return new Promise((resolve) => this.#waiting.push({ key, resolve }))
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGKILL')
    await gone
  }
}

function answersIn(state: string): FollowAnswer[] {
  const folder = join(state, 'answers')
  return readdirSync(folder)
    .sort()
    .flatMap((name) => linesOf(join(folder, name)) as unknown as FollowAnswer[])
}

it('answers each event of growing files once over several kills', async () => {
  const folder = temporary()
  const logs = join(folder, 'logs')
  const state = join(folder, 'state')
  const pieces = recordedRun(logs)
  const steps = 8
  let step = 0
  const grow = () => {
    if (step < steps) for (const piece of pieces) append(logs, piece, step / steps, (step + 1) / steps)
    step++
  }
  for (let kill = 0; kill < 3; kill++) {
    const driver = new Driver({ paths: [logs], state })
    await driver.said('listening')
    grow()
    await driver.said('answered')
    // In the middle of what came next, wherever that is.
    grow()
    await new Promise((resolve) => setTimeout(resolve, 40 * kill))
    await driver.kill()
  }
  while (step < steps) grow()
  const last = new Driver({ paths: [logs], state })
  await last.said('listening')
  last.child.send('finish')
  const { summary } = await last.said('summary')
  expect(last.problems).toEqual([])
  const firsts = answersIn(state).filter(({ revision }) => revision === 0)
  const uids = firsts.map(({ uid }) => uid)
  const places = firsts.map(({ event }) => `${event.file}:${event.line}`)
  expect(new Set(uids).size).toBe(uids.length)
  const events = linesOf(join(state, 'case', 'attributions.jsonl')) as unknown as FollowAnswer[]
  expect(places.sort()).toEqual(events.map(({ event }) => `${event.file}:${event.line}`).sort())
  expect(summary?.attribution.events).toBe(uids.length)
}, 120_000)

it('loses nothing of what it has acknowledged', async () => {
  const folder = temporary()
  const logs = join(folder, 'logs')
  const state = join(folder, 'state')
  const pieces = recordedRun(logs)
  const eve = pieces.find(({ path }) => path.endsWith('eve.json'))!
  const spans = pieces.find(({ path }) => path.endsWith('spans.jsonl'))!
  const start = { paths: [logs], state, syslog: '127.0.0.1:0', otlp: '127.0.0.1:0' }
  const first = new Driver(start)
  const { listening } = await first.said('listening')
  const acknowledged: string[] = []
  for (const line of spans.lines) {
    if ((await post(listening?.otlp ?? '', line)) === 200) acknowledged.push(line)
  }
  await first.kill()
  expect(acknowledged).toEqual(spans.lines)
  const spool = readdirSync(join(state, 'spool', 'otlp')).flatMap((name) =>
    linesOf(join(state, 'spool', 'otlp', name)),
  )
  expect(spool).toEqual(acknowledged.map((line) => JSON.parse(line)))
  const second = new Driver(start)
  const { listening: again } = await second.said('listening')
  await sendTcp(
    again?.syslog?.tcp ?? '',
    eve.lines.slice(0, 300).map((line) => `<134>Nov 24 08:00:00 fw-1 suricata[12]: ${line}`),
  )
  second.child.send('settle')
  await second.said('settled')
  second.child.send('finish')
  const { summary } = await second.said('summary')
  const formats = summary?.inputs.map(({ format, records }) => `${format} ${records > 0}`)
  expect(formats).toContain('suricata-eve true')
  expect(formats).toContain('otlp-json true')
  const firsts = answersIn(state).filter(({ revision }) => revision === 0)
  expect(firsts.length).toBe(summary?.attribution.events)
  expect(firsts.length).toBeGreaterThan(100)
}, 120_000)

function post(address: string, body: string): Promise<number | undefined> {
  const [host, port] = address.split(':')
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sending = request(
      {
        host,
        port,
        path: body.includes('resourceLogs') ? '/v1/logs' : '/v1/traces',
        method: 'POST',
        headers,
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      },
    )
    sending.on('error', reject)
    sending.end(body)
  })
}

function sendTcp(address: string, lines: readonly string[]): Promise<void> {
  const [host, port] = address.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host)
    socket.on('error', reject)
    socket.end(`${lines.join('\n')}\n`, () => resolve())
  })
}
