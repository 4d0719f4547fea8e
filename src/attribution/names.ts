// Names for addresses, from the DNS answers that were seen: what an event's destination was called by who asked.

import { eventClasses } from '../schema/event.ts'
import type { EventColumns } from './api.ts'

const dnsClass = eventClasses.indexOf('dns_activity')
const liveUs = 4 * 3_600_000_000
const slackUs = 3_000_000

/**
 * Text id of the best name of each event's destination: the record's own, else the latest answer that led to the
 * address and was asked for by the same source, else by anyone, else the only name any record gave the address.
 * `key` tells sources apart (group of boxes, or the source address).
 */
export function destinationNames(events: EventColumns, times: Float64Array, key: Int32Array): Uint32Array {
  const dstName = Uint32Array.from(events.name)
  const byKey = new Map<number, Answer[]>()
  const byIp = new Map<number, Answer[]>()
  const carried = new Map<number, number>()
  const order = timeOrder(times)
  for (const i of order) {
    if (events.class[i] === dnsClass) {
      if (events.name[i] === 0) continue
      for (let a = events.answersStart[i]!; a < events.answersStart[i + 1]!; a++) {
        const ip = events.answers[a]!
        if (ip === 0) continue
        const answer = { time: times[i]!, name: events.name[i]! }
        add(byIp, ip, answer)
        add(byKey, keyOf(key[i]!, ip), answer)
      }
    } else if (events.name[i] !== 0 && events.dstIp[i] !== 0) {
      const known = carried.get(events.dstIp[i]!)
      if (known === undefined) carried.set(events.dstIp[i]!, events.name[i]!)
      else if (known !== events.name[i]) carried.set(events.dstIp[i]!, 0)
    }
  }
  for (let i = 0; i < events.n; i++) {
    if (dstName[i] !== 0 || events.class[i] === dnsClass || events.dstIp[i] === 0) continue
    const ip = events.dstIp[i]!
    const until = times[i]! + events.spanUs[i]! + slackUs
    dstName[i] =
      latest(byKey.get(keyOf(key[i]!, ip)), until) || latest(byIp.get(ip), until) || (carried.get(ip) ?? 0)
  }
  return dstName
}

interface Answer {
  readonly time: number
  readonly name: number
}

/** The last answer not later than `until`; 0 when none is fresh enough. */
function latest(answers: readonly Answer[] | undefined, until: number): number {
  if (!answers) return 0
  let low = 0
  let high = answers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (answers[middle]!.time <= until) low = middle + 1
    else high = middle
  }
  if (low === 0) return 0
  const answer = answers[low - 1]!
  return until - answer.time <= liveUs ? answer.name : 0
}

function keyOf(key: number, ip: number): number {
  return (key + 1) * 4_294_967_296 + ip
}

function add(map: Map<number, Answer[]>, key: number, answer: Answer): void {
  const list = map.get(key)
  if (list) list.push(answer)
  else map.set(key, [answer])
}

function timeOrder(times: Float64Array): Uint32Array {
  const order = new Uint32Array(times.length)
  let sorted = true
  for (let i = 0; i < order.length; i++) {
    order[i] = i
    if (i > 0 && times[i]! < times[i - 1]!) sorted = false
  }
  return sorted ? order : order.sort((a, b) => times[a]! - times[b]! || a - b)
}
