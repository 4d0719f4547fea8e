import { defineDetection, type SeenEvent } from '../api.ts'
import { destinationOf, destinationText, isOutside, subject, whom } from '../words.ts'

interface Flow {
  firstUs: number
  lastUs: number
  /** Time covered by the records themselves: many short visits are no long connection. */
  coveredUs: number
  bytesOut: number
  bytesIn: number
  events: SeenEvent[]
}

export const longLived = defineDetection({
  id: 'tunnel.long-lived',
  name: 'Long, quiet, balanced connection to the outside',
  kind: 'tunnel',
  severity: 'low',
  confidence: 0.3,
  attack: ['T1572'], // Protocol Tunneling
  listensTo: ['network_activity', 'ssh_activity'],
  falsePositives: ['An interactive SSH session', 'Keep-alives of services on odd ports'],
  blindSpots: ['Web ports: too many honest connections look like this', 'Records without bytes or an end'],
  response: ['Look for the call that opened it; alone it proves nothing'],
  options: {
    durationMinS: 600,
    /** Records of one connection may lie this far apart. */
    gapMaxS: 120,
    /** The records themselves must cover this share of the time. */
    coveredShareMin: 0.9,
    bytesPerSecondMax: 5_000,
    /** Out to in, both ways. */
    ratioMax: 2,
    bytesMin: 2_000,
    ordinaryPorts: [
      53, 80, 123, 443, 853, 993, 995, 587, 465, 5222, 5228, 3306, 5432, 6379, 9092, 1883, 8883, 5671, 5672,
    ],
    flowsMax: 50_000,
  },

  start({ options, boundedMap }) {
    const flows = boundedMap<string, Flow>(options.flowsMax)
    return (item) => {
      const { event } = item
      const { port } = event.dstEndpoint
      if (item.endUs === undefined || event.bytesOut === undefined || event.bytesIn === undefined) return
      if (port === undefined || options.ordinaryPorts.includes(port) || !isOutside(item)) return
      if (event.transport !== undefined && event.transport !== 'tcp') return
      const key = `${subject(item)}|${destinationOf(item)}`
      const spanUs = item.endUs - item.us
      let flow = flows.get(key)
      if (!flow || item.us > flow.lastUs + options.gapMaxS * 1e6) {
        flow = { firstUs: item.us, lastUs: item.us, coveredUs: 0, bytesOut: 0, bytesIn: 0, events: [] }
        flows.set(key, flow)
      }
      flow.coveredUs += Math.max(0, item.endUs - Math.max(item.us, flow.lastUs))
      if (spanUs > 0 && item.us >= flow.lastUs) flow.lastUs = item.endUs
      else flow.lastUs = Math.max(flow.lastUs, item.endUs)
      flow.bytesOut += event.bytesOut
      flow.bytesIn += event.bytesIn
      if (flow.events.length < 20) flow.events.push(item)
      const lasted = (flow.lastUs - flow.firstUs) / 1e6
      if (lasted < options.durationMinS || flow.coveredUs < options.coveredShareMin * lasted * 1e6) return
      const { bytesOut, bytesIn } = flow
      if (bytesOut + bytesIn < options.bytesMin) return
      if (bytesOut / lasted > options.bytesPerSecondMax || bytesIn / lasted > options.bytesPerSecondMax)
        return
      // Whoever types receives more than they send; here this side answers.
      if (bytesOut < bytesIn || bytesOut > options.ratioMax * bytesIn) return
      return {
        title: `${whom(item)} kept a quiet connection to ${destinationText(item)} for ${Math.round(lasted / 60)} min`,
        why: `${bytesOut} bytes out and ${bytesIn} in: this side sends at least as much as it gets, as an answering end does.`,
        evidences: flow.events,
        destinations: [destinationOf(item)],
      }
    }
  },
})
