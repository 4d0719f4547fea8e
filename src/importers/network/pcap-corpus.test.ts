// Captures made by others, read from beside the checkout when they are there; nothing of them is kept here.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Result, readAll } from '../../../test/importers/read-all.ts'
import { headOf } from '../read.ts'
import { pcap } from './pcap.ts'
import { pcapng } from './pcapng.ts'

const folder = fileURLToPath(new URL('../../../../shared/corpus/captures/', import.meta.url))
const present = existsSync(folder)

function read(name: string): Result {
  const bytes = readFileSync(folder + name)
  const head = headOf(name, bytes)
  const importer = [pcap, pcapng].find((one) => one.recognises(head))
  if (!importer) throw new Error(`${name} is not recognised`)
  return readAll(importer, name, bytes)
}

/** Packet counts by tcpdump 4.99.3. */
const packets: readonly (readonly [string, number])[] = [
  ['443-git.pcap', 70],
  ['bad-dns-traffic.pcap', 382],
  ['bitcoin.pcap', 529],
  ['cloudflare-warp.pcap', 78],
  ['dns-exf.pcap', 2],
  ['dns-tunnel-iodine.pcap', 438],
  ['dns2tcp_tunnel.pcap', 50],
  ['dns_exfiltration.pcap', 300],
  ['ethereum.pcap', 2000],
  ['git.pcap', 90],
  ['http-proxy.pcapng', 11],
  ['http_connect.pcap', 100],
  ['icmp-tunnel.pcap', 961],
  ['ja4-socks-https-example.pcap', 93],
  ['ja4-ssh-r.pcap', 1852],
  ['ja4-ssh.pcapng', 318],
  ['ja4-ssh2.pcapng', 1391],
  ['jsonrpc.pcap', 16],
  ['mining.pcapng', 673],
  ['monero.pcap', 60],
  ['shell.pcap', 18],
  ['ssh.pcap', 295],
  ['ssh_unidirectional.pcap', 13],
  ['synscan.pcap', 2011],
  ['tailscale.pcap', 107],
  ['tcp_scan.pcapng', 30],
]

describe.skipIf(!present)('captures made by others (skipped when ../shared/corpus is absent)', () => {
  it.each(packets)('%s: all %i packets are accounted for', (name, count) => {
    const { events, rejects, skips } = read(name)
    expect(rejects).toEqual([])
    expect(events.length + Object.values(skips).reduce((sum, n) => sum + n, 0)).toBe(count)
  })

  it('finds the four miners, and what they call themselves', () => {
    const { events } = read('mining.pcapng')
    expect(events.map(({ dstEndpoint, mining }) => [dstEndpoint.port, mining?.agent])).toEqual([
      [9999, undefined],
      [9050, 'xmr-stak-cpu/1.3.0-1.5.0'],
      [3333, 'EWBF 0.3.4b'],
      [3333, 'EWBF 0.3.4b'],
    ])
    for (const { mining } of events) expect(mining?.methods.length).toBeGreaterThanOrEqual(3)
  })

  it.each(packets.filter(([name]) => name !== 'mining.pcapng'))('finds no mining in %s', (name) => {
    expect(read(name).events.filter((event) => event.mining)).toEqual([])
  })

  it('measures the rhythm of the reverse tunnel, and of ordinary logins', () => {
    const [, , tunnel] = read('ja4-ssh-r.pcap').events
    expect(tunnel?.bursts).toMatchObject({ clientFirst: 1, serverFirst: 41, serverFirstAnswered: 41 })
    for (const name of ['ja4-ssh.pcapng', 'ja4-ssh2.pcapng', 'ssh.pcap']) {
      for (const { class: kind, bursts } of read(name).events) {
        if (kind === 'ssh_activity') expect(bursts?.serverFirst ?? 0).toBeLessThan(5)
      }
    }
  })

  it('reads through proxies', () => {
    const connect = read('http_connect.pcap').events.find((event) => event.http?.method === 'CONNECT')
    expect(connect).toMatchObject({ observed: { sni: 'apache.org', httpHost: 'apache.org:443' } })
    for (const event of read('ja4-socks-https-example.pcap').events) {
      expect(event.observed).toMatchObject({ protocol: 'socks', sni: 'www.example.com' })
    }
  })

  it('tells what a scan met', () => {
    const { events } = read('synscan.pcap')
    const count = (outcome: string): number => events.filter((event) => event.outcome === outcome).length
    expect([count('established'), count('refused'), count('no-answer')]).toEqual([3, 5, 1986])
  })

  it('pairs DNS questions with answers in tunnels', () => {
    const iodine = read('dns-tunnel-iodine.pcap').events
    expect(iodine.every((event) => event.class === 'dns_activity')).toBe(true)
    expect(new Set(iodine.map((event) => event.dns?.query.hostname)).size).toBeGreaterThan(200)
    expect(read('dns_exfiltration.pcap').events).toHaveLength(150)
  })

  it('survives every one of them cut and broken', () => {
    for (const [name] of packets) {
      const bytes = readFileSync(folder + name)
      for (let run = 0; run < 12; run++) {
        const broken = bytes.subarray(0, 24 + Math.floor(((run + 1) * (bytes.length - 24)) / 12)).slice()
        for (let i = 0; i < 40; i++) {
          const at = (Math.imul(run * 40 + i + 1, 2_654_435_761) >>> 0) % broken.length
          broken[at] = (broken[at] ?? 0) ^ (1 << (i & 7))
        }
        for (const importer of [pcap, pcapng]) readAll(importer, name, broken)
      }
    }
  })
})
