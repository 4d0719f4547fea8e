// `docker inspect CONTAINER…` (and `podman inspect`): an array of containers, or one object a line.
//
//   [{"Id":"3f2a9c…64 hex","Name":"/swe-box-1","State":{"Running":true,"StartedAt":"2026-03-07T01:31:05.123456789Z",
//     "FinishedAt":"0001-01-01T00:00:00Z"},"Config":{"Hostname":"3f2a9c0b1d2e"},"NetworkSettings":{"Ports":{"22/tcp":
//     [{"HostIp":"192.0.2.4","HostPort":"32001"}]},"Networks":{"bridge":{"IPAddress":"172.17.0.2","GlobalIPv6Address":""}}}}]
// A row is a container. A host's address before which it publishes ports becomes a range of one port.

import type { NatRange, TopologyEntry } from '../../schema/topology.ts'
import { defineJsonImporter, type Sink } from '../api.ts'
import { firstObject } from './parts/first-object.ts'
import { addressOf, at, FieldByField, instantOf, listOf, textOf, unique } from './parts/record.ts'

export const dockerInspect = defineJsonImporter({
  id: 'docker-inspect',
  name: 'docker inspect',
  family: 'inventory',
  documentation: 'https://docs.docker.com/reference/cli/docker/inspect/',
  ownRows: true,
  items: ['*'],
  recognises(head) {
    const first = firstObject(head.text)
    if (first) return isContainer(first)
    return /^\s*\[?\s*\{\s*"Id"\s*:\s*"[0-9a-f]{64}"/.test(head.text) && head.text.includes('"State"')
  },
  start(sink) {
    const single = new FieldByField((fields, line) => take(fields, line, sink))
    return {
      item(_, value, line, keys) {
        const [key] = keys
        if (typeof key === 'string') single.field(key, value, line)
        else take(value, line, sink)
      },
      broken(line, reason, text) {
        single.drop()
        sink.reject(line, reason, text)
      },
      end: () => single.end(),
    }
  },
})

function isContainer(value: unknown): boolean {
  return (
    textOf(at(value, 'Id')) !== undefined &&
    at(value, 'State') !== undefined &&
    at(value, 'NetworkSettings') !== undefined
  )
}

function take(value: unknown, line: number, sink: Sink): void {
  const id = textOf(at(value, 'Id'))
  if (!id) {
    sink.reject(line, 'the container has no Id', JSON.stringify(value) ?? '')
    return
  }
  if (at(value, 'State') === undefined && at(value, 'NetworkSettings') === undefined) {
    sink.skip('not a container') // Images, networks and volumes are inspected with the same command.
    return
  }
  sink.box(entryOf(value, id, line))
}

function entryOf(value: unknown, id: string, line: number): TopologyEntry {
  const name = textOf(at(value, 'Name'))?.replace(/^\//, '')
  const short = /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : undefined
  const box = name || short || id
  const settings = at(value, 'NetworkSettings')
  const networks = at(settings, 'Networks')
  const ends = [
    settings,
    ...(typeof networks === 'object' && networks !== null ? Object.values(networks) : []),
  ]
  const ip = unique(
    ends
      .slice(0, 1000)
      .flatMap((end) => [addressOf(at(end, 'IPAddress')), addressOf(at(end, 'GlobalIPv6Address'))]),
  )
  const fromUs = instantOf(at(value, 'State', 'StartedAt')) ?? instantOf(at(value, 'Created'))
  // While it runs, FinishedAt is the end of its last life.
  const running = at(value, 'State', 'Running') === true || at(value, 'State', 'Status') === 'running'
  const toUs = running ? undefined : instantOf(at(value, 'State', 'FinishedAt'))
  const aliases = unique([id, short, textOf(at(value, 'Config', 'Hostname'))]).filter(
    (alias) => alias !== box,
  )
  return {
    box,
    aliases,
    ip,
    nat: published(at(settings, 'Ports')),
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && (fromUs === undefined || toUs >= fromUs) && { toUs }),
    line,
  }
}

function published(ports: unknown): NatRange[] {
  if (typeof ports !== 'object' || ports === null) return []
  const ranges = new Map<string, NatRange>()
  for (const binding of Object.values(ports).slice(0, 4096).flatMap(listOf)) {
    const ip = addressOf(at(binding, 'HostIp'))
    const port = Number(at(binding, 'HostPort') ?? Number.NaN)
    // 0.0.0.0 is every address of a host whose addresses are not in here.
    if (!ip || !Number.isInteger(port) || port < 1 || port > 65_535) continue
    ranges.set(`${ip} ${port}`, { ip, portStart: port, portEnd: port })
  }
  return [...ranges.values()]
}
