// The range's network: two hosts of six boxes, one router that hides them all behind one address, an inside and an
// outside. No cable leads out: every end of every link lies in a space of ours.

import {
  type BoxPlan,
  callGidsPerBox,
  firstCallGid,
  type HostPlan,
  type LabPlan,
  otherGids,
  udpPauseSeconds,
} from '../plan.ts'
import { run } from './run-command.ts'
import { openSpace, type Space } from './space.ts'

export interface Range {
  readonly router: Space
  readonly outside: Space
  readonly internal: Space
  readonly hosts: readonly Space[]
  readonly boxes: readonly Space[]
  close(): Promise<void>
}

export async function openRange(plan: LabPlan): Promise<Range> {
  const opened: Space[] = []
  async function open(name: string, kind: 'box' | 'machine'): Promise<Space> {
    const space = await openSpace(`vg-${plan.run}-${name}`, name, kind)
    opened.push(space)
    return space
  }
  async function close(): Promise<void> {
    await Promise.all(opened.map((space) => space.close()))
  }
  try {
    const [router, outside, internal] = await Promise.all([
      open('router', 'machine'),
      open('outside', 'machine'),
      open('internal', 'machine'),
    ])
    const hosts = await Promise.all(plan.hosts.map((host) => open(host.name, 'machine')))
    const boxPlans = plan.hosts.flatMap((host) => host.boxes)
    const boxes = await Promise.all(boxPlans.map((box) => open(box.name, 'box')))
    await Promise.all([buildOutside(plan, router, outside), buildInternal(plan, router, internal)])
    await Promise.all(
      plan.hosts.map(async (host, i) => {
        await buildHost(host, i, router, hosts[i]!)
        await Promise.all(host.boxes.map((box) => buildBox(box, host, hosts[i]!, boxes[box.index]!)))
      }),
    )
    await buildRouter(plan, router)
    await closeEdges(plan, outside, internal)
    return { router, outside, internal, hosts, boxes, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A cable between two spaces; made from within the first, so that no end ever lies on the machine itself. */
async function cable(a: Space, aName: string, b: Space, bName: string): Promise<void> {
  const link = ['ip', 'link', 'add', aName, 'type', 'veth', 'peer', 'name', bName, 'netns', String(b.pid)]
  await run('nsenter', ['-t', String(a.pid), '-n', '--', ...link])
}

/** Connection tracking in a namespace has settings of its own. */
const udpTimeouts = ['nf_conntrack_udp_timeout', 'nf_conntrack_udp_timeout_stream'].map(
  (name) => `echo ${udpPauseSeconds} > /proc/sys/net/netfilter/${name}`,
)

function lines(commands: readonly string[]): string {
  return `set -e\n${commands.join('\n')}\n`
}

async function buildOutside(plan: LabPlan, router: Space, outside: Space): Promise<void> {
  await cable(router, 'out0', outside, 'up0')
  const services = Object.values(plan.outside).map((s) => (typeof s === 'string' ? s : s.ip))
  await outside.run(
    ['bash'],
    lines([
      // The link itself has addresses of its own, so that every documentation address is a host of the internet.
      'ip addr add 100.64.0.2/30 dev up0',
      'ip link set up0 up',
      ...new Set(services.map((ip) => `ip addr add ${ip}/32 dev lo`)),
      `ip route add ${plan.natIp}/32 via 100.64.0.1`,
    ]),
  )
  await router.run(
    ['bash'],
    lines([
      'ip addr add 100.64.0.1/30 dev out0',
      `ip addr add ${plan.natIp}/32 dev out0`,
      'ip link set out0 up',
      ...['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map(
        (net) => `ip route add ${net} via 100.64.0.2`,
      ),
    ]),
  )
}

async function buildInternal(plan: LabPlan, router: Space, internal: Space): Promise<void> {
  const { prefix, octets, resolverIp, metadataIp, closed } = plan.internal
  await cable(router, 'int0', internal, 'up0')
  await internal.run(
    ['bash'],
    lines([
      `ip addr add ${resolverIp}/24 dev up0`,
      ...octets.map((octet) => `ip addr add ${prefix}.${octet}/24 dev up0`),
      `ip addr add ${metadataIp}/32 dev lo`,
      'ip link set up0 up',
      `ip route add default via ${prefix}.1`,
    ]),
  )
  await router.run(
    ['bash'],
    lines([
      `ip addr add ${prefix}.1/24 dev int0`,
      'ip link set int0 up',
      `ip route add ${metadataIp}/32 via ${resolverIp}`,
      `ip route add ${closed.prefix}.0/24 via ${resolverIp}`,
    ]),
  )
}

async function buildHost(host: HostPlan, index: number, router: Space, space: Space): Promise<void> {
  await cable(router, `host${index}`, space, 'up0')
  await space.run(
    ['bash'],
    lines([
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
      ...udpTimeouts,
      `ip addr add 100.64.1.${index * 4 + 2}/30 dev up0`,
      'ip link set up0 up',
      'ip link add br0 type bridge',
      `ip addr add ${host.ip}/24 dev br0`,
      'ip link set br0 up',
      `ip route add default via 100.64.1.${index * 4 + 1} src ${host.ip}`,
    ]),
  )
  await router.run(
    ['bash'],
    lines([
      `ip addr add 100.64.1.${index * 4 + 1}/30 dev host${index}`,
      `ip link set host${index} up`,
      `ip route add ${host.prefix}.0/24 via 100.64.1.${index * 4 + 2}`,
    ]),
  )
  await space.run(['nft', '-f', '-'], labelRules(Object.values(otherGids)))
}

async function buildBox(box: BoxPlan, host: HostPlan, hostSpace: Space, space: Space): Promise<void> {
  const first = firstCallGid + box.index * callGidsPerBox
  const gids = Array.from({ length: callGidsPerBox }, (_, i) => first + i)
  await cable(hostSpace, `b${box.index}`, space, 'eth0')
  await hostSpace.run(
    ['bash'],
    lines([`ip link set b${box.index} master br0`, `ip link set b${box.index} up`]),
  )
  await space.run(
    ['bash'],
    lines([
      `ip addr add ${box.ip}/24 dev eth0`,
      'ip link set eth0 up',
      `ip route add default via ${host.ip}`,
      ...udpTimeouts,
      `nft -f - <<'VG_END'\n${labelRules([...gids, otherGids.boxDaemon])}VG_END`,
    ]),
  )
}

/**
 * The kernel marks each new connection with the group id of the process whose socket it is; connection tracking
 * reports the mark. The map is needed because nft takes no group id for a mark.
 */
function labelRules(gids: readonly number[]): string {
  return `table inet vg {
  map owners {
    type gid : mark
    elements = { ${gids.map((gid) => `${gid} : ${gid}`).join(', ')} }
  }
  chain out {
    type filter hook output priority 0
    ct state new ct mark set meta skgid map @owners
  }
}
`
}

async function buildRouter(plan: LabPlan, router: Space): Promise<void> {
  await router.run(
    ['bash'],
    lines([
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
      'echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct',
      ...udpTimeouts,
    ]),
  )
  const [a, b] = plan.hosts
  const hide = plan.hosts.map(
    (h) =>
      `oifname { out0, int0 } ip saddr ${h.prefix}.0/24 meta l4proto { tcp, udp } snat to ${plan.natIp}:${h.portStart}-${h.portEnd}`,
  )
  await router.run(
    ['nft', '-f', '-'],
    `table ip nat {
  chain pre {
    type nat hook prerouting priority -100
    iifname out0 ip daddr ${plan.natIp} tcp dport ${plan.publishedPort} dnat to ${a.ip}:${plan.publishedPort}
  }
  chain post {
    type nat hook postrouting priority 100
    ${hide.join('\n    ')}
    oifname { out0, int0 } ip saddr { ${a.prefix}.0/24, ${b.prefix}.0/24 } snat to ${plan.natIp}
  }
}
`,
  )
}

/** What the firewall lets nobody do, and the prefix its log line has. */
export const closedPrefixes = { mail: 'vg-smtp-out', network: 'vg-control-net' } as const
/** NFLOG group that the log lines go to. */
export const closedLogGroup = 7

/**
 * The firewall's blocks sit behind the address translation, where its sensor is: mail is refused, the control network
 * stays silent. Each blocked packet is logged by the kernel.
 */
async function closeEdges(plan: LabPlan, outside: Space, internal: Space): Promise<void> {
  const table = (match: string, prefix: string, verdict: string) => `table ip edge {
  chain pre {
    type filter hook prerouting priority -150
    iifname up0 ${match} log prefix "${prefix}" group ${closedLogGroup} queue-threshold 1 ${verdict}
  }
}
`
  await Promise.all([
    outside.run(
      ['nft', '-f', '-'],
      table('tcp dport { 25, 465, 587 }', closedPrefixes.mail, 'reject with tcp reset'),
    ),
    internal.run(
      ['nft', '-f', '-'],
      table(`ip daddr ${plan.internal.closed.prefix}.0/24`, closedPrefixes.network, 'drop'),
    ),
  ])
}
