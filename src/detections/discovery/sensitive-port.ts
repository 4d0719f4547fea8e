import { defineDetection } from '../api.ts'
import { placeOf } from '../places.ts'
import { destinationOf, destinationText, failed, whom } from '../words.ts'

/** Control planes that hand out more than data. facts: Kubernetes, Docker, etcd, Ray, Slurm, ROCK. */
const services = new Map<number, string>([
  [10250, 'kubelet'],
  [10255, 'kubelet (read only)'],
  [6443, 'Kubernetes API'],
  [2379, 'etcd'],
  [2380, 'etcd'],
  [2375, 'Docker without TLS'],
  [2376, 'Docker'],
  [8265, 'Ray dashboard'],
  [10001, 'Ray client'],
  [6817, 'Slurm controller'],
  [6818, 'Slurm daemon'],
  [22555, 'ROCK rocklet'],
])

export const sensitivePort = defineDetection({
  id: 'probing.control-plane',
  name: 'Control plane of the cluster touched',
  kind: 'probing',
  severity: 'medium',
  confidence: 0.6,
  attack: ['T1046', 'T1613'], // Network Service Discovery, Container and Resource Discovery
  listensTo: ['network_activity', 'tls_activity', 'http_activity'],
  falsePositives: [
    'Training code that joins a Ray or Slurm cluster',
    'A sidecar that talks to the Kubernetes API',
  ],
  blindSpots: ['Control planes on other ports'],
  response: ['Check whether the sandbox’s network should reach it at all', 'Look at what was asked there'],
  options: {},

  start() {
    return (item) => {
      const { ip, port } = item.event.dstEndpoint
      const service = port === undefined ? undefined : services.get(port)
      if (service === undefined || ip === '' || !placeOf(ip).inside || ip.startsWith('127.')) return
      const bad = failed(item)
      return {
        title: `${whom(item)} ${bad ? 'tried to reach' : 'reached'} ${service} at ${destinationText(item)}`,
        why: `Port ${port} inside the network is where ${service} listens; a sandbox seldom needs it.`,
        evidences: [item],
        destinations: [destinationOf(item)],
        fact: `${service}`,
        severity: bad ? 'medium' : 'low',
      }
    }
  },
})
