// Somebody is called once for each incident that a rule names, by a real server or a real program.

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { FollowEvent, FollowIncident, PageRule } from '../../src/pipeline/follow/api.ts'
import { Pager } from '../../src/pipeline/follow/paging.ts'
import { parsePaging } from '../../src/pipeline/follow/paging-config.ts'
import { temporary } from './recorded.ts'

const incident: FollowIncident = {
  uid: 'i1',
  title: 'Tunnel by box-1',
  severity: 'critical',
  detections: ['tunnel.reverse-ssh'],
  boxes: ['box-1'],
  episodes: [],
  destinations: ['203.0.113.9:443'],
  firstSeen: '2026-11-24T08:00:00.000Z',
  lastSeen: '2026-11-24T08:00:00.000Z',
  findings: ['f1'],
  actions: [],
}

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** A server that answers with each status in turn, the last one for ever. */
async function answering(...statuses: number[]) {
  const got: { readonly path: string; readonly body: unknown }[] = []
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      const status = statuses[Math.min(got.length, statuses.length - 1)]!
      got.push({ path: request.url ?? '', body: JSON.parse(text) })
      if (status === 0) return
      response.writeHead(status, { location: '/elsewhere' })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { got, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook` }
}

function pagerOf(rules: readonly PageRule[], paged: readonly string[] = [], pages = 100) {
  const told: Extract<FollowEvent, { type: 'page' }>[] = []
  const times = { timeoutMs: 300, firstRestMs: 10 }
  return { told, pager: new Pager(rules, { pages }, paged, (event) => void told.push(event), times) }
}

describe('a pager', () => {
  it('calls a webhook once for an incident, however it grows, also after a restart', async () => {
    const { got, url } = await answering(200)
    const rules = [{ on: 'high', webhook: url }]
    const { pager, told } = pagerOf(rules)
    pager.incident({ ...incident, severity: 'medium' })
    pager.incident(incident)
    pager.incident({ ...incident, findings: ['f1', 'f2'] })
    // Two that turn out to be one have been paged for.
    pager.incident({ ...incident, uid: 'i2', findings: ['f2'] })
    await pager.idle()
    expect(got).toEqual([{ path: '/hook', body: { _schema: 'vigiles/page/v1', on: 'high', incident } }])
    expect(told).toEqual([
      { type: 'page', incident: 'i1', target: new URL(url).host, ok: true, note: 'sent' },
    ])
    const again = pagerOf(rules, pager.paged())
    again.pager.incident({ ...incident, uid: 'i9' })
    again.pager.incident({ ...incident, uid: 'i10', findings: ['f10'] })
    await again.pager.idle()
    expect(got.length).toBe(2)
  })

  it('tries again when the server has no answer or is at fault, and not when the page is refused', async () => {
    const flaky = await answering(503, 0, 429, 200)
    const first = pagerOf([{ on: 'tunnel.reverse-ssh', webhook: flaky.url }])
    first.pager.incident(incident)
    await first.pager.idle()
    expect(flaky.got.length).toBe(4)
    expect(first.told).toMatchObject([{ ok: true, note: 'sent at try 4' }])
    server?.close()
    for (const [status, note] of [
      [404, 'answered 404'],
      [302, 'answered 302: redirects are not followed'],
    ] as const) {
      const refusing = await answering(status)
      const other = pagerOf([{ on: 'critical', webhook: refusing.url }])
      other.pager.incident(incident)
      await other.pager.idle()
      expect(refusing.got.map(({ path }) => path)).toEqual(['/hook'])
      expect(other.told).toMatchObject([{ ok: false, note }])
      server?.close()
    }
  })

  it('gives up after five tries, and at once when the watch ends', async () => {
    const dead = pagerOf([{ on: 'critical', webhook: 'http://127.0.0.1:1/' }])
    dead.pager.incident(incident)
    await dead.pager.idle()
    expect(dead.told).toMatchObject([{ ok: false }])
    const { got, url } = await answering(0)
    const slow = pagerOf([{ on: 'critical', webhook: url }])
    slow.pager.incident(incident)
    await slow.pager.close()
    expect(got.length).toBeLessThanOrEqual(1)
    expect(slow.told).toMatchObject([{ ok: false }])
  })

  it('runs a program without a shell and gives it the page', async () => {
    const folder = temporary()
    const out = join(folder, 'paged $(touch hacked).json')
    const program = join(folder, 'pager.sh')
    writeFileSync(program, '#!/bin/sh\ncat > "$1"\n')
    chmodSync(program, 0o700)
    const { pager, told } = pagerOf([{ on: 'critical', command: [program, out] }])
    pager.incident(incident)
    await pager.idle()
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ incident: { uid: 'i1' } })
    expect(existsSync(join(folder, 'hacked'))).toBe(false)
    expect(told).toMatchObject([{ ok: true, target: program }])
    const hanging = pagerOf([
      { on: 'critical', command: ['sleep', '60'] },
      { on: 'critical', command: [join(folder, 'missing')] },
    ])
    hanging.pager.incident(incident)
    await hanging.pager.idle()
    expect(hanging.told).toMatchObject([
      { ok: false, note: 'it was ended by SIGKILL' },
      { ok: false, note: expect.stringMatching(/can't be run/) },
    ])
  })

  it('drops pages beyond its maximum and says so', async () => {
    const { got, url } = await answering(200)
    const { pager, told } = pagerOf([{ on: 'critical', webhook: url }], [], 2)
    for (let k = 0; k < 6; k++) pager.incident({ ...incident, uid: `i${k}`, findings: [`f${k}`] })
    await pager.idle()
    expect(told.length).toBe(6)
    expect(told.filter(({ ok }) => ok).length).toBe(got.length)
    expect(told.some(({ note }) => note.includes('too many'))).toBe(true)
  })
})

describe('a paging file', () => {
  it('is read', () => {
    const text =
      'page:\n  - on: critical\n    webhook: https://pager.example.com/hook\n  - { on: tunnel.reverse-ssh, command: [logger, -t, vigiles] }\n'
    expect(parsePaging(text, 'page.yaml')).toEqual([
      { on: 'critical', webhook: 'https://pager.example.com/hook' },
      { on: 'tunnel.reverse-ssh', command: ['logger', '-t', 'vigiles'] },
    ])
    expect(parsePaging('', 'page.yaml')).toEqual([])
  })

  it('that is wrong is refused with the line and what is wanted', () => {
    for (const [text, message] of [
      [
        'page: [{ on: critcal, webhook: https://a.example/ }]',
        /page\.yaml:1: there is no severity and no detection `critcal`/,
      ],
      ['page:\n  - on: high', /page\.yaml:2: a rule wants either `webhook` or `command`/],
      ['page:\n  - on: high\n    webhook: ftp://a.example/', /page\.yaml:3: `webhook` wants an address/],
      ['page:\n  - on: high\n    webhook: https://u:p@a.example/', /must not hold a password/],
      ['page:\n  - on: high\n    command: rm -rf x', /page\.yaml:3: `command` wants a list/],
      ['page:\n  - { on: high, command: [] }', /`command` wants a list/],
      ['page:\n  - { on: high, command: [a], webhook: https://a.example/ }', /either/],
      ['page:\n  - { webhook: https://a.example/ }', /`on` is missing/],
      ['pages: []', /there is no `pages` here/],
      ['page: critical', /`page` wants a list/],
      ['page: [critical]', /a rule wants `on`/],
      ['page: [{ on: high, __proto__: x, webhook: https://a.example/ }]', /knows no `__proto__`/],
      ['page: [', /page\.yaml:1/],
    ] as const) {
      expect(() => parsePaging(text, 'page.yaml'), text).toThrow(message)
    }
  })
})
