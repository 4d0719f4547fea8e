import { defineDetection } from '../api.ts'
import { remembered } from '../few.ts'
import { suffixIn } from '../names.ts'
import { destinationText, failed, namesOf, whom } from '../words.ts'
import { dropNames } from './drop-names.ts'

export const dropName = defineDetection({
  id: 'exfiltration.drop-name',
  name: 'Drop place for data reached by name',
  kind: 'exfiltration',
  severity: 'low',
  confidence: 0.4,
  attack: ['T1567'], // Exfiltration Over Web Service
  listensTo: ['dns_activity', 'tls_activity', 'http_activity', 'network_activity'],
  falsePositives: ['Reading a paste that somebody linked'],
  blindSpots: ['Services nobody has listed', 'DNS over HTTPS'],
  response: ['Look at the call for what was sent', 'Block the service if no task needs it'],
  options: {
    /** So many bytes out, and more out than in, are an upload. */
    uploadBytesMin: 20_000,
  },

  start({ options }) {
    const dropOf = remembered((name) => suffixIn(name, dropNames))
    return (item) => {
      for (const name of namesOf(item)) {
        const drop = dropOf(name)
        if (drop === undefined) continue
        const { bytesOut = 0, bytesIn = 0 } = item.event
        const uploads = bytesOut >= options.uploadBytesMin && bytesOut > bytesIn
        const asked = item.event.class === 'dns_activity'
        return {
          title: `${whom(item)} ${asked ? 'looked up' : failed(item) ? 'tried to reach' : uploads ? 'uploaded to' : 'reached'} ${asked ? name : destinationText(item)}`,
          why: `${drop} takes data from anyone${uploads ? `; ${bytesOut} bytes went out` : ''}.`,
          evidences: [item],
          destinations: [name],
          fact: drop,
          severity: uploads ? 'medium' : 'low',
          confidence: uploads ? 0.6 : 0.4,
        }
      }
      return undefined
    }
  },
})
