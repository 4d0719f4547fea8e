// Agents in sandboxes as they act: calls that begin and end, the connections they cause, and others that nobody caused.

import { randomFrom } from '../speed/generate.ts'

export interface Knobs {
  readonly boxes: number
  readonly eventsPerSecond: number
  /** Events of one call, on average. */
  readonly perCall: number
  /** Share of events that no call caused. */
  readonly background: number
  readonly seed: number
}

export interface Happened {
  readonly at: number
  readonly box: number
  readonly target: number
  readonly sourcePort: number
  /** Id of the call that caused it; undefined for background. */
  readonly cause: string | undefined
}

export interface Called {
  readonly id: string
  readonly box: number
  readonly target: number
  readonly start: number
  readonly end: number
}

export const targets = Array.from(
  { length: 400 },
  (_, i) => `svc-${i}.example.${['com', 'org', 'net'][i % 3]}`,
)
export const addressOf = (i: number) => `198.51.100.${i % 250}`
export const ipOf = (box: number) => `10.${(box >> 16) & 255}.${(box >> 8) & 255}.${box & 255}`

/** What happens from one moment to the next, ms. Calls are told of when they have ended. */
export class Traffic {
  readonly #knobs: Knobs
  readonly #random: () => number
  readonly #freeAt: Float64Array
  #pending: Happened[] = []
  #ending: Called[] = []
  #next = 0

  constructor(knobs: Knobs) {
    this.#knobs = knobs
    this.#random = randomFrom(knobs.seed)
    this.#freeAt = new Float64Array(knobs.boxes)
  }

  between(from: number, to: number): { events: Happened[]; calls: Called[] } {
    const { eventsPerSecond, background, perCall } = this.#knobs
    const seconds = (to - from) / 1000
    for (let k = this.#count(eventsPerSecond * background * seconds); k > 0; k--) {
      const box = Math.floor(this.#random() * this.#knobs.boxes)
      this.#pending.push(this.#event(from + this.#random() * (to - from), box, this.#target(), undefined))
    }
    for (let k = this.#count((eventsPerSecond * (1 - background) * seconds) / perCall); k > 0; k--) {
      this.#call(from + this.#random() * (to - from))
    }
    const events = this.#pending.filter(({ at }) => at < to).sort((a, b) => a.at - b.at)
    this.#pending = this.#pending.filter(({ at }) => at >= to)
    const calls = this.#ending.filter(({ end }) => end < to)
    this.#ending = this.#ending.filter(({ end }) => end >= to)
    return { events, calls }
  }

  #call(start: number): void {
    // A sandbox does one thing at a time.
    let box = Math.floor(this.#random() * this.#knobs.boxes)
    for (let tries = 0; tries < 20 && this.#freeAt[box]! > start; tries++) {
      box = Math.floor(this.#random() * this.#knobs.boxes)
    }
    const end = start + 200 + this.#random() * 3_000
    this.#freeAt[box] = end + 100
    const id = `call_${(this.#next++).toString(16).padStart(12, '0')}`
    const target = this.#target()
    this.#ending.push({ id, box, target, start, end })
    for (let k = this.#count(this.#knobs.perCall); k > 0; k--) {
      const at = Math.min(end, start + 20 + this.#random() * (end - start))
      this.#pending.push(this.#event(at, box, this.#random() < 0.8 ? target : this.#target(), id))
    }
  }

  #event(at: number, box: number, target: number, cause: string | undefined): Happened {
    return { at, box, target, sourcePort: 32_768 + Math.floor(this.#random() * 28_000), cause }
  }

  #target(): number {
    return Math.floor(this.#random() ** 3 * targets.length)
  }

  #count(mean: number): number {
    return Math.floor(mean) + (this.#random() < mean % 1 ? 1 : 0)
  }
}

export function topologyOf(boxes: number): string {
  return JSON.stringify(Array.from({ length: boxes }, (_, b) => ({ box: `box-${b}`, ip: [ipOf(b)] })))
}

/** How far the firewall's clock is ahead, ms. */
const aheadMs = 1_700

export function eveLine({ at, box, target, sourcePort }: Happened, n: number): string {
  const us = String(Math.floor((at * 1000) % 1000)).padStart(3, '0')
  const stamp = `${new Date(at + aheadMs).toISOString().slice(0, -1)}${us}+0000`
  return JSON.stringify({
    timestamp: stamp,
    flow_id: 1_000_000 + n,
    event_type: 'alert',
    src_ip: ipOf(box),
    src_port: sourcePort,
    dest_ip: addressOf(target),
    dest_port: 443,
    proto: 'TCP',
    tls: { sni: targets[target] },
    alert: { action: 'allowed', signature_id: 1, signature: 'Connection of a sandbox', severity: 3 },
  })
}

export function spansOf(calls: readonly Called[]): string {
  const nano = (ms: number) => `${Math.floor(ms * 1000)}000`
  return JSON.stringify({
    resourceSpans: calls.map(({ id, box, target, start, end }) => ({
      resource: { attributes: [{ key: 'sandbox.id', value: { stringValue: `box-${box}` } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: `${id.slice(5)}${id.slice(5)}00000000`,
              spanId: `${id.slice(5)}0000`,
              name: 'execute_tool bash',
              kind: 1,
              startTimeUnixNano: nano(start),
              endTimeUnixNano: nano(end),
              attributes: [
                { key: 'gen_ai.operation.name', value: { stringValue: 'execute_tool' } },
                { key: 'gen_ai.tool.name', value: { stringValue: 'bash' } },
                { key: 'gen_ai.tool.call.id', value: { stringValue: id } },
                { key: 'gen_ai.conversation.id', value: { stringValue: `ep-${box}` } },
                {
                  key: 'gen_ai.tool.call.arguments',
                  value: {
                    stringValue: JSON.stringify({ command: `curl -sS https://${targets[target]}/v1/items` }),
                  },
                },
              ],
            },
          ],
        },
      ],
    })),
  })
}
