// `kubectl get pods -o json`: a List, a PodList, a single Pod, or the events of `--watch --output-watch-events`.
//
//   {"apiVersion":"v1","items":[{"kind":"Pod","metadata":{"name":"sb-1","namespace":"rl","uid":"…","deletionTimestamp":"…"},
//     "spec":{"nodeName":"worker-7","hostNetwork":false},"status":{"hostIP":"10.0.3.7","podIP":"10.244.3.9",
//     "podIPs":[{"ip":"10.244.3.9"}],"startTime":"2026-03-07T01:31:05Z","containerStatuses":[{"containerID":"containerd://…"}]}}]}
// A row is a pod. Outside the cluster its traffic usually bears the node's address, shared with the node's other pods;
// a pod on the host's network has no other address, so that it is never taken for the address's one owner.

import type { TopologyEntry } from '../../schema/topology.ts'
import { defineJsonImporter, type Sink } from '../api.ts'
import { addressOf, at, FieldByField, instantOf, listOf, textOf, unique } from './parts/record.ts'

export const kubectlPods = defineJsonImporter({
  id: 'kubectl-pods',
  name: 'Kubernetes pods, kubectl get pods -o json',
  family: 'inventory',
  documentation: 'https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/',
  ownRows: true,
  items: ['items.*', 'object', 'kind', 'metadata', 'spec', 'status'],
  // At the top level: audit logs hold whole pods too, further in.
  recognises: (head) =>
    /^\s*\{\s*(?:"type"\s*:\s*"[A-Z]{1,20}"\s*,\s*"object"\s*:\s*\{\s*)?(?:"kind"\s*:\s*"(?:Pod|PodList|List)"|"apiVersion"\s*:\s*"v1")\s*,/.test(
      head.text,
    ) && /"kind"\s*:\s*"Pod(?:List)?"/.test(head.text),
  start(sink) {
    const single = new FieldByField((fields, line) => {
      // A list has metadata of its own.
      if ('spec' in fields || 'status' in fields) take({ kind: 'Pod', ...fields }, line, sink)
    })
    return {
      item(path, value, line, keys) {
        const [key] = keys
        if (path === 'items.*' || path === 'object') take(value, line, sink)
        else if (typeof key === 'string') single.field(key, value, line)
      },
      broken(line, reason, text) {
        single.drop()
        sink.reject(line, reason, text)
      },
      end: () => single.end(),
    }
  },
})

function take(pod: unknown, line: number, sink: Sink): void {
  const kind = textOf(at(pod, 'kind'))
  if (kind !== undefined && kind !== 'Pod') {
    sink.skip('not a pod')
    return
  }
  const name = textOf(at(pod, 'metadata', 'name'))
  if (name) sink.box(entryOf(pod, name, line))
  else sink.reject(line, 'the pod has no name', JSON.stringify(pod) ?? '')
}

function entryOf(pod: unknown, box: string, line: number): TopologyEntry {
  const status = at(pod, 'status')
  const namespace = textOf(at(pod, 'metadata', 'namespace'))
  const containers = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']
    .flatMap((key) => listOf(at(status, key)))
    .slice(0, 1000)
  const ids = containers.map((container) =>
    textOf(at(container, 'containerID'))?.replace(/^[a-z-]{1,20}:\/\//, ''),
  )
  const onHost = at(pod, 'spec', 'hostNetwork') === true
  const podIps = [
    at(status, 'podIP'),
    ...listOf(at(status, 'podIPs')).map((entry) => at(entry, 'ip') ?? entry),
  ]
  const nodeIps = [
    at(status, 'hostIP'),
    ...listOf(at(status, 'hostIPs')).map((entry) => at(entry, 'ip') ?? entry),
  ]
  const node = unique([...nodeIps, ...(onHost ? podIps : [])].map(addressOf))
  const host = textOf(at(pod, 'spec', 'nodeName'))
  const fromUs = instantOf(at(status, 'startTime')) ?? instantOf(at(pod, 'metadata', 'creationTimestamp'))
  const toUs = endOf(pod, containers)
  return {
    box,
    aliases: unique([
      namespace && `${namespace}/${box}`,
      textOf(at(pod, 'metadata', 'uid')),
      ...ids.flatMap((id) => (id && /^[0-9a-f]{64}$/.test(id) ? [id, id.slice(0, 12)] : [id])),
    ]),
    ...(host && { host }),
    ip: onHost ? [] : unique(podIps.map(addressOf)),
    nat: node.map((ip) => ({ ip })),
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && (fromUs === undefined || toUs >= fromUs) && { toUs }),
    line,
  }
}

/** When its last container ended; else when it is to be gone (`deletionTimestamp` has the grace period in it). */
function endOf(pod: unknown, containers: readonly unknown[]): number | undefined {
  const phase = at(pod, 'status', 'phase')
  if (phase === 'Succeeded' || phase === 'Failed') {
    const ends = containers.map((container) => instantOf(at(container, 'state', 'terminated', 'finishedAt')))
    const known = ends.filter((end) => end !== undefined)
    if (known.length > 0) return Math.max(...known)
  }
  return instantOf(at(pod, 'metadata', 'deletionTimestamp'))
}
