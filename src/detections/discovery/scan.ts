import { defineDetection, type Hit, type SeenEvent } from '../api.ts'
import { FewTexts } from '../few.ts'
import { placeOf } from '../places.ts'
import { failed, place, subject, succeeded, whom } from '../words.ts'

interface Window {
  startUs: number
  /** Ports of one target, or targets of one port. */
  readonly seen: FewTexts
  readonly failed: FewTexts
  readonly answered: FewTexts
  readonly events: SeenEvent[]
  /** Where the first of the events went, as far as anybody asked. */
  readonly places: string[]
}

/** Ports that one client rightly opens to very many hosts. */
const ordinary = new Set([53, 80, 123, 443])

export const scan = defineDetection({
  id: 'probing.scan',
  name: 'Port scan or sweep',
  kind: 'probing',
  severity: 'high',
  confidence: 0.9,
  attack: ['T1046', 'T1018'], // Network Service Discovery, Remote System Discovery
  listensTo: ['network_activity'],
  falsePositives: [
    'Peer-to-peer programs',
    'Monitoring of many hosts',
    'A crawler, when its failures pile up',
  ],
  blindSpots: ['Scans slower than the window', 'Scans spread over many sandboxes'],
  response: ['Find the call that scans', 'Check which of the targets answered'],
  options: {
    windowS: 300,
    /** Different ports of one target. */
    portsMin: 15,
    /** Different targets on one port, inside and outside the own network. */
    insideTargetsMin: 12,
    outsideTargetsMin: 60,
    /** Inside, when most targets answered: peers of one job do. */
    answeringTargetsMin: 40,
    /** So large a share must have failed (outside and on web ports) or not been seen to succeed. */
    failedShareMin: 0.6,
    keysMax: 50_000,
  },

  start({ options, boundedMap }) {
    const windows = boundedMap<string, Window>(options.keysMax)

    function count(key: string, value: string, item: SeenEvent): Window {
      let window = windows.get(key)
      if (!window || item.us > window.startUs + options.windowS * 1e6) {
        window = {
          startUs: item.us,
          seen: new FewTexts(),
          failed: new FewTexts(),
          answered: new FewTexts(),
          events: [],
          places: [],
        }
        windows.set(key, window)
      }
      if (window.seen.size < 4_096 && !window.seen.has(value)) {
        window.seen.add(value)
        if (window.events.length < 100) window.events.push(item)
      }
      if (failed(item) && window.failed.size < 4_096) window.failed.add(value)
      if (succeeded(item) && window.answered.size < 4_096) window.answered.add(value)
      return window
    }

    return (item) => {
      const { ip, port } = item.event.dstEndpoint
      const { inside, group, loopback } = placeOf(ip)
      if (ip === '' || group || loopback) return
      // A reply that was read as a connection of its own comes from a service port to a high one.
      const { port: from } = item.event.srcEndpoint
      if (from !== undefined && from < 1_024 && port !== undefined && port >= 32_768) return
      const who = subject(item)
      const hits: Hit[] = []
      if (port !== undefined && item.event.transport !== 'icmp') {
        const ports = count(`v|${who}|${ip}`, String(port), item)
        if (ports.seen.size >= options.portsMin && fewAnswered(ports, options.failedShareMin)) {
          hits.push({
            title: `${whom(item)} scanned ${ports.seen.size} ports of ${place(ip)}`,
            why: `${ports.seen.size} different ports of one machine within ${options.windowS / 60} min, ${ports.failed.size} of them closed.`,
            evidences: ports.events,
            destinations: [place(ip)],
            fact: `ports ${ip}`,
            severity: inside ? 'high' : 'medium',
          })
        }
      }
      const isPing = item.event.transport === 'icmp'
      if (port === undefined && !isPing) return hits
      const what = isPing ? 'icmp' : String(port)
      const targets = count(`h|${who}|${what}|${inside}`, ip, item)
      const strict = !inside || ordinary.has(port ?? 0)
      const looksFailed = strict
        ? targets.failed.size >= options.failedShareMin * targets.seen.size
        : fewAnswered(targets, options.failedShareMin)
      const targetsMin = !inside
        ? options.outsideTargetsMin
        : looksFailed
          ? options.insideTargetsMin
          : options.answeringTargetsMin
      if (targets.seen.size >= targetsMin) {
        if (looksFailed || !strict) {
          hits.push({
            title: `${whom(item)} swept ${targets.seen.size} ${inside ? 'internal' : 'outside'} machines ${isPing ? 'with pings' : `on port ${port}`}`,
            why: `${targets.seen.size} different machines within ${options.windowS / 60} min, ${targets.failed.size} without success.`,
            evidences: targets.events,
            destinations: placesOf(targets),
            fact: `sweep ${what} ${inside}`,
            severity: inside ? 'high' : 'medium',
          })
        }
      }
      return hits
    }
  },
  growing: true,
})

/** A flood of hits asks again and again: what was named before is kept. */
function placesOf({ events, places }: Window): readonly string[] {
  for (let k = places.length; k < Math.min(64, events.length); k++) {
    const { ip, port } = events[k]!.event.dstEndpoint
    places.push(place(ip, port))
  }
  return places
}

/** Many logs tell no outcome: what was not seen to succeed counts as a miss. */
function fewAnswered(window: Window, shareMin: number): boolean {
  return window.seen.size - window.answered.size >= shareMin * window.seen.size
}
