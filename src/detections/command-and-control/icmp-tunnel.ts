import { defineDetection } from '../api.ts'
import { destinationOf, destinationText, whom } from '../words.ts'

export const icmpTunnel = defineDetection({
  id: 'tunnel.icmp',
  name: 'Data carried in pings',
  kind: 'tunnel',
  severity: 'medium',
  confidence: 0.6,
  attack: ['T1095', 'T1048.003'], // Non-Application Layer Protocol, Exfiltration Over Unencrypted Non-C2 Protocol
  listensTo: ['network_activity'],
  falsePositives: ['Path MTU tests with large pings'],
  blindSpots: ['Small pings that carry little', 'Logs without packet counts'],
  response: ['Close ICMP to the outside for sandboxes', 'Capture packets and look at their payload'],
  options: {
    packetsMin: 50,
    /** `ping` sends 84 bytes a packet (98 with the Ethernet header). */
    meanBytesMin: 128,
  },

  start({ options }) {
    return (item) => {
      const { transport, bytesOut, bytesIn, packetsOut, packetsIn, unmapped } = item.event
      if (transport !== 'icmp' || bytesOut === undefined || packetsOut === undefined || packetsOut === 0)
        return
      const packets = packetsOut + (packetsIn ?? 0)
      const mean = (bytesOut + (bytesIn ?? 0)) / packets
      // An echo reply that nobody asked for is how some tunnels call home.
      const unasked = unmapped?.icmpType === 0
      if (packets < options.packetsMin || (mean < options.meanBytesMin && !unasked)) return
      if (unasked && mean < 90) return
      return {
        title: `${whom(item)} exchanged ${packets} large ICMP packets with ${destinationText(item)}`,
        why: `${Math.round(mean)} bytes each on average${unasked ? ', replies that nobody asked for among them' : ''}; a ping has 84.`,
        evidences: [item],
        destinations: [destinationOf(item)],
      }
    }
  },
})
