import { defineDetection } from '../api.ts'
import { destinationOf, destinationText, isOutside, seconds, whom } from '../words.ts'
import { poolPorts } from './pools.ts'

export const miningEncrypted = defineDetection({
  id: 'mining.encrypted-flow',
  name: 'Connection with the rhythm of mining',
  kind: 'mining',
  severity: 'low',
  confidence: 0.3,
  attack: ['T1496.001'], // Compute Hijacking
  listensTo: ['network_activity', 'tls_activity'],
  falsePositives: [
    'Industrial protocols, IRC, interactive SSH: about one in five of the benign streams long enough to judge',
  ],
  blindSpots: ['A miner that finds no share', 'Flow logs without packet times'],
  response: ['Treat as support: look at CPU, GPU and names', 'Never connect to the far side to find out'],
  options: {
    durationMinS: 55,
    bytesPerSecondMax: 800,
    serverFirstMin: 2,
    answeredShareMax: 0.35,
    clientAnsweredShareMin: 0.8,
    payloadMin: 20,
    payloadMax: 1_200,
    exceptPorts: [22, 25, 53, 123, 143, 993, 1883, 5222, 6667, 6697, 8883, 20000, 502],
  },

  start({ options }) {
    return (item) => {
      const { bursts, bytesIn = 0, bytesOut = 0, dstEndpoint, observed } = item.event
      const lasted = seconds(item)
      if (!bursts || lasted < options.durationMinS || !isOutside(item)) return
      if ((bytesIn + bytesOut) / lasted >= options.bytesPerSecondMax) return
      if (bursts.serverFirst < options.serverFirstMin) return
      const answered = bursts.serverFirstAnswered + (bursts.serverFirstLargeAnswered ?? 0)
      if (answered > options.answeredShareMax * bursts.serverFirst) return
      if (bursts.clientFirst < 1) return
      if (bursts.clientFirstAnswered < options.clientAnsweredShareMin * bursts.clientFirst) return
      if (bursts.serverPayloadMean < options.payloadMin || bursts.serverPayloadMean > options.payloadMax)
        return
      const { port } = dstEndpoint
      if (port !== undefined && options.exceptPorts.includes(port)) return
      if (/ssh|irc|mqtt|dns|ntp|xmpp|imap|smtp/i.test(observed?.protocol ?? '')) return
      const liked = port !== undefined && poolPorts.has(port)
      return {
        title: `${whom(item)} holds a connection with the rhythm of mining to ${destinationText(item)}`,
        why: `In ${Math.round(lasted)} s the far side sent ${bursts.serverFirst} unasked messages and ${answered} drew a reply; this side sent ${bursts.clientFirst}, nearly all acknowledged at once${liked ? `; pools like port ${port}` : ''}.`,
        evidences: [item],
        destinations: [destinationOf(item)],
        severity: liked ? 'medium' : 'low',
        confidence: liked ? 0.5 : 0.3,
      }
    }
  },
})
