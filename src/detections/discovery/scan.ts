import { defineDetection, type Hit } from '../api.ts'
import { placeOf } from '../places.ts'
import { place, subject, whom } from '../words.ts'
import { type Window, Windows } from './scan-windows.ts'

/** Ports that one client rightly opens to very many hosts. */
const ordinary = new Set([53, 80, 123, 443])
/** Pings have no port. */
const icmpKey = 0x10000

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

  start({ options }) {
    const windows = new Windows(options.keysMax, options.windowS * 1e6)

    return (item) => {
      const { ip, port } = item.event.dstEndpoint
      const { inside, group, loopback } = placeOf(ip)
      if (ip === '' || group || loopback) return
      // A reply that was read as a connection of its own comes from a service port to a high one.
      const { port: from } = item.event.srcEndpoint
      if (from !== undefined && from < 1_024 && port !== undefined && port >= 32_768) return
      const who = String(subject(item))
      const hits: Hit[] = []
      if (port !== undefined && item.event.transport !== 'icmp') {
        const ports = windows.count(who, ip, port, item)
        if (ports.seen >= options.portsMin && fewAnswered(ports, options.failedShareMin)) {
          hits.push({
            title: `${whom(item)} scanned ${ports.seen} ports of ${place(ip)}`,
            why: `${ports.seen} different ports of one machine within ${options.windowS / 60} min, ${ports.failed} of them closed.`,
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
      const targets = windows.count(who, (isPing ? icmpKey : port!) * 2 + (inside ? 1 : 0), ip, item)
      const strict = !inside || ordinary.has(port ?? 0)
      const looksFailed = strict
        ? targets.failed >= options.failedShareMin * targets.seen
        : fewAnswered(targets, options.failedShareMin)
      const targetsMin = !inside
        ? options.outsideTargetsMin
        : looksFailed
          ? options.insideTargetsMin
          : options.answeringTargetsMin
      if (targets.seen >= targetsMin) {
        if (looksFailed || !strict) {
          hits.push({
            title: `${whom(item)} swept ${targets.seen} ${inside ? 'internal' : 'outside'} machines ${isPing ? 'with pings' : `on port ${port}`}`,
            why: `${targets.seen} different machines within ${options.windowS / 60} min, ${targets.failed} without success.`,
            evidences: targets.events,
            destinations: targets.places,
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

/** Many logs tell no outcome: what was not seen to succeed counts as a miss. */
function fewAnswered(window: Window, shareMin: number): boolean {
  return window.seen - window.answered >= shareMin * window.seen
}
