import { defineDetection } from '../api.ts'
import { destinationOf, destinationText, failed, whom } from '../words.ts'

export const miningStratum = defineDetection({
  id: 'mining.stratum',
  name: 'Mining protocol in the clear',
  kind: 'mining',
  severity: 'critical',
  confidence: 0.98,
  attack: ['T1496.001'], // Compute Hijacking
  listensTo: ['network_activity', 'http_activity', 'tls_activity', 'detection_finding'],
  falsePositives: ['Tests of a mining pool’s own software'],
  blindSpots: ['Encrypted stratum', 'Stratum V2'],
  response: [
    'Freeze the sandbox and save what runs on its CPU and GPUs',
    'Block the pool',
    'Check sibling sandboxes',
  ],
  options: {},

  start() {
    return (item) => {
      const { mining, observed } = item.event
      const methods = mining?.methods ?? []
      const named = /^(?:stratum|ethereumstratum|mining)\b/i.test(observed?.protocol ?? '')
      if (methods.length === 0 && !named) return
      const worker =
        mining?.worker === undefined
          ? ''
          : ` as ${mining.worker.slice(0, 24)}${mining.worker.length > 24 ? '…' : ''}`
      return {
        title: `${whom(item)} ${failed(item) ? 'tried to mine' : 'mined'} at ${destinationText(item)}${worker}`,
        why:
          methods.length > 0
            ? `It spoke the mining protocol: ${methods.slice(0, 6).join(', ')}${mining?.agent ? ` (${mining.agent})` : ''}.`
            : `The sensor recognised the protocol as ${observed?.protocol}.`,
        evidences: [item],
        destinations: [destinationOf(item)],
        // Version 2 is encrypted: its handshake has the right lengths, no more.
        ...(methods.length > 0
          ? {}
          : /v2|2\.0/i.test(observed?.protocol ?? '')
            ? { severity: 'medium' as const, confidence: 0.4 }
            : { severity: 'high' as const, confidence: 0.8 }),
      }
    }
  },
})
