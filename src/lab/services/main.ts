// A program of its own: runs inside the outside, the internal or a host's space and serves what its role says.
// It is handed the plan on the command line and ends with its space.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { planLab } from '../plan.ts'
import { serveDns } from './dns.ts'
import { serveJsonRpc, servePool } from './pool.ts'
import { scanPublished, throughTunnels } from './visitors.ts'
import { api, cloud, documents, git, metadata, registry, serveWeb } from './web.ts'

const [role, seedText, gitBackend, scanTimes] = process.argv.slice(2)
const plan = planLab(Number(seedText))
process.on('uncaughtException', (error) => console.error(`${role}: ${error.message}`))

if (role === 'outside') serveOutside()
else if (role === 'internal') serveInternal()
else servePublished()
console.log('ready')

function serveOutside(): void {
  const { outside } = plan
  const tls = { key: readFileSync('/run/vg/key.pem', 'utf8'), cert: readFileSync('/run/vg/cert.pem', 'utf8') }
  serveWeb(outside.git.ip, 443, git('/run/vg/repos', gitBackend!), tls)
  serveWeb(outside.registry.ip, 443, registry, tls)
  serveWeb(outside.docs.ip, 443, documents, tls)
  serveWeb(outside.api.ip, 443, api, tls)
  serveWeb(outside.mirror.ip, outside.mirror.port, registry)
  serveWeb(outside.cloud.ip, outside.cloud.port, cloud, outside.cloud.tls ? tls : undefined)
  for (const { ip, port } of [outside.report, outside.telemetry, outside.updates]) serveWeb(ip, port, api)
  serveJsonRpc(outside.rpc.ip, outside.rpc.port)
  servePool(outside.pool.ip, outside.pool.port)
  throughTunnels(plan.hosts.flatMap((host) => host.boxes.map((box) => box.tunnelPort)))
  scanPublished(outside.scannerIp, plan.natIp, plan.publishedPort, (scanTimes ?? '').split(',').map(Number))
}

function serveInternal(): void {
  const { internal, outside } = plan
  const names = Object.values(outside).flatMap((s) =>
    typeof s === 'string' ? [] : [[s.name, s.ip] as const],
  )
  serveDns(internal.resolverIp, new Map(names))
  serveWeb(internal.metadataIp, 80, metadata)
  for (const { name, ip, port } of internal.services) {
    if (name === 'redis')
      createServer((socket) => socket.on('error', () => {}).end('-NOAUTH\r\n')).listen(port, ip)
    else serveWeb(ip, port, documents)
  }
}

/** The one thing of a host that the internet may reach. */
function servePublished(): void {
  serveWeb(plan.hosts[0].ip, plan.publishedPort, api)
}
