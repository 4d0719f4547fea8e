import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { percent, tallyEvidence } from '../words.ts'

export const ports = defineCheck({
  id: 'address.ports',
  question: 'Do TCP and UDP records carry the source port?',
  judged:
    'By the share of records without one: good up to 1 %, weak up to 20 %, missing above. Only asked where addresses are shared.',
  look({ logs, topology }) {
    if (!logs) return undefined
    const { shared, any } = logs.reach
    if (shared.n + any.n === 0 && topology.sharedAddresses.length === 0) return undefined
    const connections = logs.sources.reduce((sum, source) => sum + source.connections, 0)
    if (connections === 0) return undefined
    const without = sumOf(logs.sources, (source) => source.withoutPort)
    if (without.n <= 0.01 * connections)
      return {
        verdict: 'good',
        found: `${percent(connections - without.n, connections)} of the connections do.`,
      }
    return {
      verdict: without.n <= 0.2 * connections ? 'weak' : 'missing',
      found: `${without.n} of ${connections} connections carry no source port.`,
      cost: 'Behind a shared address the port is the only thing that tells sandboxes apart; no NAT log can be joined without it.',
      todo: [
        {
          do: 'Have the firewall log source ports (`srcport`, `spt`, `src_port`), after and before translation.',
        },
      ],
      evidence: tallyEvidence(without, 'no source port'),
    }
  },
})
