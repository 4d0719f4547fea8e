// Somebody else's firewall followed by the watch room: logs that grow, an alarm by syslog, and what a page gets of both.

import { copyFileSync, cpSync, mkdirSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FollowStateAnswer, IncidentList, SourceList } from '../../src/server/api.ts'
import { followState } from '../../src/server/wire/follow.ts'
import { type Feed, listen } from './feed.ts'
import { openRoom, type Room, temporaryFolder } from './room.ts'

const logs = fileURLToPath(new URL('../../fixtures/incidents/recorded-run/logs', import.meta.url))

describe('a followed stream in the watch room', () => {
  const { folder, remove } = temporaryFolder()
  const grown = join(folder, 'logs')
  let room: Room
  let feed: Feed
  let source: string

  const state = async (): Promise<FollowStateAnswer> => {
    const { value } = await room.ask(`/sources/${source}/follow?limit=1000`)
    return followState.parse(value)
  }
  const until = async (fits: (now: FollowStateAnswer) => boolean): Promise<FollowStateAnswer> => {
    for (let i = 0; i < 400; i++) {
      const now = await state()
      if (fits(now)) return now
      await sleep(150)
    }
    throw new Error(`it never came to that: ${JSON.stringify(await state()).slice(0, 2_000)}`)
  }

  beforeAll(async () => {
    mkdirSync(grown)
    process.env.XDG_STATE_HOME = join(folder, 'xdg')
    room = await openRoom(folder, [], {
      follow: { paths: [grown], syslog: '127.0.0.1:0', otlp: '127.0.0.1:0' },
    })
    feed = await listen(room.origin, room.token)
    const { value } = await room.ask<SourceList>('/sources')
    expect(value.sources).toMatchObject([{ kind: 'follow', state: 'live' }])
    source = value.sources[0]!.id
  }, 60_000)

  afterAll(async () => {
    feed?.close()
    await room?.close()
    remove()
    expect(room.errors).toEqual([])
  })

  it('answers what lies there and what comes, and tells pages of alarms', async () => {
    for (const name of readdirSync(logs).filter((one) => one !== 'firewall')) {
      cpSync(join(logs, name), join(grown, name), { recursive: true })
    }
    await until(({ calls }) => calls > 0)
    mkdirSync(join(grown, 'firewall'))
    for (const name of readdirSync(join(logs, 'firewall'))) {
      copyFileSync(join(logs, 'firewall', name), join(grown, 'firewall', name))
    }
    const { message } = await feed.wait(({ type }) => type === 'answer', 60_000)
    expect(message).toMatchObject({ type: 'answer', source })
    const now = await until(({ answered, waiting, fits }) => answered > 1_000 && waiting === 0 && fits > 0)
    expect(now.answers.every(({ alarm }) => alarm)).toBe(true)
    // The first fits know little; what they say is revised.
    await until(({ answers }) =>
      answers.some(({ verdict, call }) => verdict === 'attributed' && call !== null),
    )
    const settled = await until(({ incidents }) => incidents.some(({ severity }) => severity === 'critical'))
    expect(settled.problems).toEqual([])
  }, 120_000)

  it('takes in an alarm by syslog', async () => {
    const before = await state()
    const [host, port] = before.listening.syslog!.split(':')
    const line = JSON.stringify({
      timestamp: new Date().toISOString().replace('Z', '000+0000'),
      flow_id: 77,
      event_type: 'alert',
      src_ip: '203.0.113.95',
      src_port: 40_001,
      dest_ip: '198.51.100.77',
      dest_port: 4444,
      proto: 'TCP',
      alert: { action: 'allowed', signature_id: 1, signature: 'TEST by syslog', category: 'x', severity: 1 },
    })
    const socket = connect(Number(port), host)
    socket.end(`<13>1 ${new Date().toISOString()} fw suricata - - - ${line}\n`)
    const after = await until(({ received }) => received.syslog.records > before.received.syslog.records)
    expect(after.received.syslog.dropped).toBe(0)
    await until(({ answers }) => answers.some(({ rule }) => rule === 'TEST by syslog'))
  }, 90_000)

  it('has views like any case, made of all that has come', async () => {
    const { status, value } = await room.ask<IncidentList>(`/sources/${source}/incidents`)
    expect(status).toBe(200)
    expect(value.incidents.length).toBeGreaterThan(0)
  }, 120_000)
})
