import { isMetadata } from '../../base/ip.ts'
import { defineDetection } from '../api.ts'
import { destinationOf, destinationText, failed, namesOf, whom } from '../words.ts'
import { judgePath, metadataNames } from './metadata-paths.ts'

export const metadataService = defineDetection({
  id: 'probing.metadata-service',
  name: 'Cloud metadata service touched',
  kind: 'probing',
  severity: 'medium',
  confidence: 0.6,
  attack: ['T1552.005'], // Cloud Instance Metadata API
  listensTo: ['network_activity', 'http_activity', 'dns_activity'],
  falsePositives: [
    'Cloud SDKs look for a role when they start',
    'The cloud’s own guest agent, where the sandbox shares the host',
  ],
  blindSpots: ['Requests through a proxy', 'What was asked, when only the flow is recorded'],
  response: [
    'Close the address for sandboxes',
    'Rotate the instance role’s credentials if any were handed out',
  ],
  options: {
    /** Resolver, time and DHCP of some clouds live on the same addresses. */
    servicePorts: [53, 67, 123],
  },

  start({ options }) {
    return (item) => {
      const { event } = item
      const { ip, port } = event.dstEndpoint
      const name = namesOf(item).find((n) => metadataNames.has(n))
      const isName = name !== undefined && (name.includes('.') || name === 'instance-data')
      if (event.class === 'dns_activity' ? !isName : !isMetadata(ip) && !isName) return
      if (event.class !== 'dns_activity' && port !== undefined && options.servicePorts.includes(port)) return
      const path =
        event.http?.morePaths === undefined
          ? event.http?.path
          : [event.http.path, ...event.http.morePaths].join(' ')
      const found = judgePath(path ?? '')
      const blocked = failed(item)
      const refusedByService = event.http?.status !== undefined && event.http.status >= 400
      const asked = event.class === 'dns_activity'
      const severity = asked
        ? 'low'
        : blocked || refusedByService
          ? 'medium'
          : path === undefined
            ? 'medium'
            : found.severity
      return {
        title: asked
          ? `${whom(item)} looked up the cloud metadata service`
          : `${whom(item)} ${blocked ? 'tried to ask' : 'asked'} the cloud metadata service at ${destinationText(item)}${found.what === '' ? '' : ` for ${found.what}`}`,
        why:
          path === undefined
            ? 'That address hands out the machine’s cloud credentials to whoever asks.'
            : `It asked for ${path.slice(0, 200)}.`,
        evidences: [item],
        destinations: [asked ? name! : destinationOf(item)],
        fact: 'metadata',
        severity,
        confidence: path === undefined ? 0.6 : found.confidence,
      }
    }
  },
})
