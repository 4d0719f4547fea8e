import { defineDetection } from '../api.ts'
import { remembered } from '../few.ts'
import { suffixIn } from '../names.ts'
import { destinationText, failed, namesOf, whom } from '../words.ts'
import { poolPorts, pools, webHost } from './pools.ts'

/** Labels that pools give to their mining hosts wherever the domain is new. */
const label =
  /^(?:xmr|monero|stratum|pool|eth|etc|rvn|btc|zec|kas|rx|randomx|mine|mining)(?:[-.](?:eu|us|asia|ssl|tls|pool|[a-z]{2})\d{0,2}){0,3}\.(?:[a-z0-9-]{0,32}(?:pool|mine|mining|miner|hash)[a-z0-9-]{0,32})\.[a-z]{2,10}$/

export const miningPoolName = defineDetection({
  id: 'mining.pool-name',
  name: 'Mining pool reached by name',
  kind: 'mining',
  severity: 'high',
  confidence: 0.85,
  attack: ['T1496.001'], // Compute Hijacking
  listensTo: ['dns_activity', 'tls_activity', 'http_activity', 'network_activity'],
  falsePositives: ['Reading a pool’s web pages', 'Block lists that resolve every name they hold'],
  blindSpots: ['Pools reached by address', 'Private pools and proxies', 'DNS over HTTPS'],
  response: ['Block the pool', 'Look for what uses CPU and GPUs in that sandbox', 'Check sibling sandboxes'],
  options: {},

  start() {
    const judge = remembered((name) => {
      const pool = suffixIn(name, pools)
      const looksLike = pool === undefined && label.test(name)
      return pool === undefined && !looksLike ? undefined : { pool, looksLike }
    })
    return (item) => {
      for (const name of namesOf(item)) {
        const found = judge(name)
        if (!found) continue
        const { pool, looksLike } = found
        const { port } = item.event.dstEndpoint
        const asked = item.event.class === 'dns_activity'
        const web = webHost.test(name) || name === pool
        const miningPort = port !== undefined && poolPorts.has(port)
        const verb = asked ? 'looked up' : failed(item) ? 'tried to reach' : 'reached'
        return {
          title: `${whom(item)} ${verb} the mining pool ${asked ? name : destinationText(item)}`,
          why: looksLike
            ? `${name} is named as pools name their mining hosts.`
            : `${pool} is a mining pool${web && !miningPort ? '; this host may serve its web pages' : ''}.`,
          evidences: [item],
          destinations: [name],
          fact: pool ?? name,
          severity: looksLike ? (miningPort ? 'medium' : 'low') : web && !miningPort ? 'medium' : 'high',
          confidence: looksLike ? 0.4 : web && !miningPort ? 0.5 : 0.85,
        }
      }
      return undefined
    }
  },
})
