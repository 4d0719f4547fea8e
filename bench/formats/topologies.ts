// Which sandbox was behind which address, as different platforms know it.

import { createHash } from 'node:crypto'
import type { Box, Facts } from './facts.ts'
import type { View } from './network.ts'

export type TopologyWriter = (facts: Facts, view: View) => { path: string; content: string }[]

const isoMs = (us: number) => new Date(Math.floor(us / 1000)).toISOString()
const fullId = (box: Box) =>
  box.containerId + createHash('sha256').update(box.containerId).digest('hex').slice(0, 52)

export const topologyWriters: Readonly<Record<string, TopologyWriter>> = {
  yaml(facts, view) {
    if (view !== 'worker') return [{ path: 'topology.yaml', content: facts.topology }]
    const rows = [...facts.hosts.map((host) => ({ ...host, host, containerId: '' })), ...facts.boxes].map(
      ({ name, ip, host, containerId }) =>
        `- { box: ${name}, aliases: ["${containerId || name}"], host: ${host.name}, ip: [${ip}], nat: [{ ip: ${host.ip} }] }\n`,
    )
    return [{ path: 'topology.yaml', content: rows.join('') }]
  },

  docker: (facts) =>
    facts.hosts.map((host) => ({
      path: `inventory/${host.name}-inspect.json`,
      content: JSON.stringify(
        facts.boxes
          .filter((box) => box.host === host)
          .map((box) => ({
            Id: fullId(box),
            Created: isoMs(facts.agentsFromUs - 60e6),
            State: {
              Status: 'running',
              Running: true,
              StartedAt: isoMs(facts.agentsFromUs - 50e6),
              FinishedAt: '0001-01-01T00:00:00Z',
            },
            Name: `/${box.name}`,
            Config: { Hostname: box.containerId, Image: 'swe:1' },
            NetworkSettings: {
              Ports: {},
              IPAddress: box.ip,
              Networks: { bridge: { IPAddress: box.ip, GlobalIPv6Address: '' } },
            },
          })),
        null,
        4,
      ),
    })),

  kubectl: (facts) => [
    {
      path: 'inventory/pods.json',
      content: JSON.stringify({
        apiVersion: 'v1',
        items: facts.boxes.map((box) => ({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: box.name, namespace: 'rl', uid: box.containerId },
          spec: { nodeName: box.host.name, hostNetwork: false },
          status: {
            phase: 'Running',
            hostIP: box.host.ip,
            podIP: box.ip,
            podIPs: [{ ip: box.ip }],
            startTime: isoMs(facts.agentsFromUs - 50e6),
            containerStatuses: [{ name: 'agent', containerID: `containerd://${fullId(box)}` }],
          },
        })),
        kind: 'List',
      }),
    },
  ],

  'rock-status': (facts) => [
    {
      path: 'rock/status.jsonl',
      content: facts.boxes
        .map((box) =>
          JSON.stringify({
            sandbox_id: box.name,
            host_name: box.host.name,
            host_ip: box.host.ip,
            image: 'swe:1',
            experiment_id: facts.run,
            port_mapping: { 22555: 32001 },
            state: 'stopped',
            create_time: isoMs(facts.agentsFromUs - 60e6),
            start_time: isoMs(facts.agentsFromUs - 50e6),
            stop_time: isoMs(facts.agentsToUs + 60e6),
          }),
        )
        .join('\n'),
    },
  ],
}
