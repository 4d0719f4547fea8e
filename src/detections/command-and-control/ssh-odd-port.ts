import type { Invocation } from '../../commands/parse.ts'
import { parseSsh } from '../../commands/ssh.ts'
import { defineDetection, type Hit, type SeenEvent } from '../api.ts'
import { suffixIn } from '../names.ts'
import { destinationOf, destinationText, failed, isOutside, namesOf, whom } from '../words.ts'

/** Code hosts that offer SSH on 443 to those behind strict firewalls (their own documentation). */
const codeHosts = new Set([
  'ssh.github.com',
  'altssh.gitlab.com',
  'altssh.bitbucket.org',
  'ssh.dev.azure.com',
])

export const sshOddPort = defineDetection({
  id: 'tunnel.ssh-odd-port',
  name: 'SSH on a port that is not its own',
  kind: 'tunnel',
  severity: 'medium',
  confidence: 0.75,
  attack: ['T1571', 'T1572'], // Non-Standard Port, Protocol Tunneling
  listensTo: ['ssh_activity', 'network_activity', 'execute_tool'],
  needs: /\b(?:autossh|ssh)\b/,
  falsePositives: ['Code review servers (29418)', 'Hosts that moved SSH to 2222 to be left alone'],
  blindSpots: ['SSH inside TLS or WebSocket', 'Sensors that tell protocols by port only'],
  response: ['Find which call opened it and whether the far side can reach in', 'Block the address'],
  options: {
    webPorts: [53, 80, 443, 8080, 8443],
    usualPorts: [22, 29418],
    callsMax: 20_000,
    callLateS: 2,
    waitingMax: 1_000,
  },

  start({ options, boundedMap, reading }) {
    /** Ports that calls named openly, in a plain ssh that gives the far side no way in. */
    const named = boundedMap<number, readonly number[]>(options.callsMax)
    /** Events whose call may be yet to come: a stamp of whole seconds lies before the call it belongs to. */
    let waiting: SeenEvent[] = []

    function judge(item: SeenEvent): Hit {
      const { event } = item
      const port = event.dstEndpoint.port ?? 0
      const banner = bannerOf(item)
      if (/chisel/i.test(`${event.ssh?.client ?? ''} ${event.ssh?.server ?? ''}`)) {
        return {
          title: `${whom(item)} runs a chisel tunnel to ${destinationText(item)}`,
          why: `The banner says ${banner}: chisel speaks SSH inside its own connection.`,
          evidences: [item],
          destinations: [destinationOf(item)],
          severity: 'high',
          confidence: 0.95,
        }
      }
      const explained = item.cause !== undefined && named.get(item.cause.call)?.includes(port) === true
      return {
        title: `${whom(item)} ${failed(item) ? 'tried' : 'spoke'} SSH on port ${port} to ${destinationText(item)}`,
        why: `${banner === undefined ? 'The sensor recognised SSH' : `The banner says ${banner}`}, and port ${port} is ${
          options.webPorts.includes(port) ? 'where firewalls expect web traffic' : 'not where SSH lives'
        }${explained ? '; the call says so openly and lets nobody in' : ''}.`,
        evidences: [item],
        destinations: [destinationOf(item)],
        severity: !isOutside(item) || explained ? 'low' : options.webPorts.includes(port) ? 'high' : 'medium',
      }
    }

    /** Those that have waited long enough at a time, µs. */
    function due(us: number): Hit[] {
      if (waiting.length === 0) return []
      const ready = waiting.filter((item) => us > item.us + options.callLateS * 1e6)
      if (ready.length > 0) waiting = waiting.filter((item) => !ready.includes(item))
      return ready.map(judge)
    }

    return {
      on(item) {
        const hits = due(item.us)
        if (item.type === 'call') {
          const ports = harmlessPorts(reading(item).invocations)
          if (ports.length > 0) named.set(item.index, ports)
          return hits
        }
        if (!isOdd(item, options.usualPorts)) return hits
        const known = item.cause === undefined || item.callSeen === true || named.has(item.cause.call)
        if (known || waiting.length >= options.waitingMax) return [...hits, judge(item)]
        waiting.push(item)
        return hits
      },
      end: () => due(Number.POSITIVE_INFINITY),
    }
  },
})

/** SSH by its banner or by the sensor's word, elsewhere than on a port of its own. */
function isOdd(item: SeenEvent, usualPorts: readonly number[]): boolean {
  const { event } = item
  const { port } = event.dstEndpoint
  if (port === undefined || usualPorts.includes(port)) return false
  const isSsh = /\bssh\b/i.test(event.observed?.protocol ?? '')
  if (event.class !== 'ssh_activity' && !isSsh && bannerOf(item) === undefined) return false
  return !namesOf(item).some((name) => suffixIn(name, codeHosts) !== undefined)
}

function bannerOf({ event }: SeenEvent): string | undefined {
  return event.ssh?.server ?? event.ssh?.client
}

function harmlessPorts(invocations: readonly Invocation[]): number[] {
  const ports: number[] = []
  for (const { program, argv, decodedFrom } of invocations) {
    if (program !== 'ssh' || decodedFrom !== undefined) continue
    const { port, forwards } = parseSsh(argv)
    if (port !== undefined && forwards.every((forward) => forward.kind === 'L')) ports.push(port)
  }
  return ports
}
