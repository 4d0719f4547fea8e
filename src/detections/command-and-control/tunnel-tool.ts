import type { Invocation } from '../../commands/parse.ts'
import type { Severity } from '../../schema/event.ts'
import { defineDetection, type Hit } from '../api.ts'
import { excerpt, whom } from '../words.ts'

type Verdict = { readonly what: string; readonly severity: Severity; readonly to?: string } | undefined
type Judge = (argv: readonly string[], invocation: Invocation) => Verdict

const informational =
  /^(?:-h|--help|help|version|-v|-V|--version|completion|config|update|authtoken|add-authtoken|login)$/

/** What lets others in, or hides where traffic goes, by the program's base name. */
const tools: Readonly<Record<string, Judge>> = {
  chisel: (argv) => chisel(argv),
  frpc: (argv) => ({
    what: 'an frp tunnel',
    severity: 'high',
    ...to(option(argv, '-s', '--server_addr', '--server-addr')),
  }),
  frps: () => ({ what: 'an frp server', severity: 'medium' }),
  ngrok: (argv) => verb(argv, 'http tcp tls start tunnel service', 'an ngrok tunnel'),
  cloudflared: (argv) => cloudflared(argv),
  bore: (argv) =>
    argv[1] === 'local'
      ? { what: 'a bore tunnel', severity: 'high', ...to(option(argv, '--to', '-t')) }
      : undefined,
  localtunnel: (argv) =>
    option(argv, '--port', '-p') !== undefined
      ? { what: 'a localtunnel', severity: 'high', to: 'localtunnel.me' }
      : undefined,
  lt: (argv) =>
    option(argv, '--port', '-p') !== undefined
      ? { what: 'a localtunnel', severity: 'high', to: 'localtunnel.me' }
      : undefined,
  rathole: (argv) => (argv.length > 1 ? { what: 'a rathole tunnel', severity: 'high' } : undefined),
  tailscaled: (argv) =>
    argv.some((word) => word.startsWith('--tun=userspace'))
      ? { what: 'a Tailscale network in user space', severity: 'high', to: 'controlplane.tailscale.com' }
      : { what: 'a Tailscale daemon', severity: 'medium', to: 'controlplane.tailscale.com' },
  tailscale: (argv) => verb(argv, 'up funnel serve ssh', 'a Tailscale network', 'medium'),
  devtunnel: (argv) => verb(argv, 'host connect port', 'a dev tunnel'),
  code: (argv) => verb(argv, 'tunnel', 'a VS Code tunnel'),
  'code-insiders': (argv) => verb(argv, 'tunnel', 'a VS Code tunnel'),
  zrok: (argv) => verb(argv, 'share access', 'a zrok share'),
  pagekite: () => ({ what: 'a pagekite tunnel', severity: 'high' }),
  'pagekite.py': () => ({ what: 'a pagekite tunnel', severity: 'high' }),
  inlets: (argv) => verb(argv, 'client http tcp', 'an inlets tunnel'),
  'inlets-pro': (argv) => verb(argv, 'http tcp uplink', 'an inlets tunnel'),
  loclx: (argv) => verb(argv, 'tunnel', 'a LocalXpose tunnel'),
  playit: () => ({ what: 'a playit tunnel', severity: 'high' }),
  tunnelmole: () => ({ what: 'a tunnelmole tunnel', severity: 'high' }),
  tmole: () => ({ what: 'a tunnelmole tunnel', severity: 'high' }),
  jprq: (argv) => verb(argv, 'http tcp serve', 'a jprq tunnel'),
  tunnelto: () => ({ what: 'a tunnelto tunnel', severity: 'high' }),
  wstunnel: (argv) => wstunnel(argv),
  gost: (argv) =>
    argv.some((w) => /^-[LF]/.test(w))
      ? { what: 'a gost relay', severity: 'medium', ...to(option(argv, '-F')) }
      : undefined,
  revsocks: (argv) => ({ what: 'a reverse SOCKS proxy', severity: 'high', ...to(option(argv, '-connect')) }),
  'ligolo-agent': (argv) => ({
    what: 'a ligolo tunnel',
    severity: 'high',
    ...to(option(argv, '-connect', '--connect')),
  }),
  iodine: (argv) => ({ what: 'a DNS tunnel', severity: 'high', ...to(argv.at(-1)) }),
  dnscat: () => ({ what: 'a DNS tunnel', severity: 'high' }),
  dnscat2: () => ({ what: 'a DNS tunnel', severity: 'high' }),
  dns2tcpc: () => ({ what: 'a DNS tunnel', severity: 'high' }),
  ptunnel: () => ({ what: 'an ICMP tunnel', severity: 'high' }),
  hans: () => ({ what: 'an ICMP tunnel', severity: 'high' }),
  'zerotier-cli': (argv) => verb(argv, 'join', 'a ZeroTier network', 'medium'),
  openvpn: (argv) =>
    argv.length > 1 ? { what: 'a VPN', severity: 'medium', ...to(option(argv, '--remote')) } : undefined,
  'wg-quick': (argv) => verb(argv, 'up', 'a WireGuard VPN', 'medium'),
  'gs-netcat': () => ({ what: 'a global socket', severity: 'high' }),
  gsocket: () => ({ what: 'a global socket', severity: 'high' }),
  portr: (argv) => verb(argv, 'http tcp start', 'a portr tunnel'),
  pgrok: (argv) => verb(argv, 'http tcp', 'a pgrok tunnel'),
  boringproxy: (argv) => verb(argv, 'client server', 'a boringproxy tunnel'),
  piko: (argv) => verb(argv, 'agent', 'a piko tunnel'),
  onionpipe: () => ({ what: 'an onion service', severity: 'high' }),
  npc: (argv) => ({ what: 'an nps tunnel', severity: 'high', ...to(option(argv, '-server')) }),
  wiretap: (argv) => verb(argv, 'serve', 'a wiretap tunnel'),
  rpivot: () => ({ what: 'a reverse SOCKS proxy', severity: 'high' }),
  socat: (argv) => socat(argv),
  nc: (argv) => ncRelay(argv),
}

/** One of the programs, or arguments that speak for themselves (see `renamed`). */
const namesOne = new RegExp(`\\b(?:${Object.keys(tools).join('|')}|tunnel|frpc)\\b|\\bR:|-connect`)

export const tunnelTool = defineDetection({
  id: 'tunnel.tool',
  name: 'Tunnel program started',
  kind: 'tunnel',
  severity: 'high',
  confidence: 0.9,
  attack: ['T1572', 'T1090'], // Protocol Tunneling, Proxy
  listensTo: ['execute_tool'],
  needs: namesOne,
  falsePositives: [
    'A task that publishes a preview through a tunnel service',
    'A VPN that the team prescribes',
  ],
  blindSpots: ['Renamed programs whose arguments say nothing', 'Tunnels written for the occasion'],
  response: [
    'End the program and block its service',
    'Check what was reachable from outside, and since when',
  ],
  options: {},

  start({ reading }) {
    return (item) => {
      const hits: Hit[] = []
      for (const invocation of reading(item).invocations) {
        const { argv } = invocation
        const program = invocation.program.replace(/\.exe$/i, '')
        const judge = Object.hasOwn(tools, program) ? tools[program] : undefined
        if (judge && argv.slice(1).some((word, i) => i < 2 && informational.test(word))) continue
        const verdict = judge?.(argv, invocation) ?? renamed(program, argv)
        if (!verdict) continue
        const target = verdict.to === undefined ? '' : ` to ${verdict.to}`
        hits.push({
          title: `${whom(item)} started ${verdict.what}${target}`,
          why: `\`${excerpt(argv)}\` ${verdict.severity === 'high' ? 'lets others connect in from outside' : 'hides where traffic goes'}.`,
          evidences: [item],
          severity: verdict.severity,
          ...(verdict.to !== undefined ? { destinations: [verdict.to] } : { fact: program }),
        })
      }
      return hits
    }
  },
})

/** Arguments that speak for themselves, whatever the file is called. */
function renamed(program: string, argv: readonly string[]): Verdict {
  if (argv.includes('client') && argv.some((word) => /^R:(?:socks$|[\w.:*-]*\d{2,5}$)/.test(word)))
    return chisel(argv)
  const config = option(argv, '-c', '--config')
  if (config !== undefined && /(?:^|\/)frpc[\w.-]*\.(?:toml|ini|ya?ml|json)$/.test(config)) {
    return { what: 'an frp tunnel', severity: 'high' }
  }
  const connect = option(argv, '-connect', '--connect')
  const lax = argv.some((word) => /^--?(?:ignore-cert|accept-fingerprint)$/.test(word))
  if (connect !== undefined && (lax || (/^agent(?:\.exe)?$/.test(program) && /:\d{2,5}$/.test(connect)))) {
    return { what: 'a ligolo tunnel', severity: 'high', to: connect }
  }
  if (program === 'tunnel' && argv.includes('--url')) return cloudflared(['cloudflared', ...argv])
  return undefined
}

function chisel(argv: readonly string[]): Verdict {
  if (argv[1] === 'server') {
    const reverse = argv.includes('--reverse')
    return { what: 'a chisel server', severity: reverse ? 'high' : 'medium' }
  }
  const at = argv.indexOf('client')
  if (at < 0) return undefined
  // The server is a URL, `host:port` or has a dot; what an option takes before it has none of these.
  const server = argv
    .slice(at + 1)
    .find(
      (word) =>
        /^(?:(?:https?|wss?):\/\/)?[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}(?::\d{1,5})?\/?$/.test(word) &&
        /[.:]/.test(word),
    )
  const reverse = argv.some((word) => /^R:/.test(word))
  return {
    what: reverse ? 'a reverse tunnel with chisel' : 'a chisel tunnel',
    severity: reverse ? 'high' : 'medium',
    ...to(server),
  }
}

function cloudflared(argv: readonly string[]): Verdict {
  if (argv[1] === 'access') return { what: 'a Cloudflare access proxy', severity: 'low' }
  const runs =
    argv[1] === 'tunnel' &&
    !argv.some((word) => /^(?:list|info|delete|login|cleanup|route|create|token)$/.test(word))
  return runs || argv.some((word) => word.startsWith('--url'))
    ? { what: 'a Cloudflare tunnel', severity: 'high', to: 'api.trycloudflare.com' }
    : undefined
}

function wstunnel(argv: readonly string[]): Verdict {
  const server = argv.find((word) => /^(?:wss?|https?):\/\//.test(word))
  const reverse = argv.some(
    (word) => word === '-R' || word.startsWith('-R') || word.startsWith('--remote-to-local'),
  )
  if (argv.includes('server')) return { what: 'a WebSocket tunnel server', severity: 'medium' }
  return {
    what: reverse ? 'a reverse WebSocket tunnel' : 'a WebSocket tunnel',
    severity: reverse ? 'high' : 'medium',
    ...to(server),
  }
}

/** Two outgoing sides make a bridge inwards; a listener and an outgoing one a relay. */
function socat(argv: readonly string[]): Verdict {
  const sides = argv.slice(1).filter((word) => /^[A-Za-z0-9-]{2,20}:/.test(word))
  const outgoing = sides.filter((word) =>
    /^(?:tcp[46]?|openssl|ssl|socks4a?|proxy)(?:-connect)?:/i.test(word),
  )
  if (outgoing.length >= 2) {
    return {
      what: 'a bridge between two outgoing connections',
      severity: 'high',
      ...to(address(outgoing[0]!)),
    }
  }
  const listens = sides.some((word) => /^(?:tcp[46]?|udp[46]?|openssl|unix)-(?:listen|l)/i.test(word))
  return listens && outgoing.length === 1
    ? { what: 'a relay', severity: 'low', ...to(address(outgoing[0]!)) }
    : undefined
}

function ncRelay(argv: readonly string[]): Verdict {
  const at = argv.findIndex((word) => word === '-c' || word === '--sh-exec')
  return at > 0 && /\b(?:nc|ncat)\b/.test(argv[at + 1] ?? '')
    ? { what: 'a netcat relay', severity: 'high' }
    : undefined
}

function verb(argv: readonly string[], verbs: string, what: string, severity: Severity = 'high'): Verdict {
  const found = argv.slice(1, 6).find((word) => !word.startsWith('-'))
  return found !== undefined && verbs.split(' ').includes(found) ? { what, severity } : undefined
}

function option(argv: readonly string[], ...names: string[]): string | undefined {
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i]!
    for (const name of names) {
      if (word === name) return argv[i + 1] ?? ''
      if (word.startsWith(`${name}=`)) return word.slice(name.length + 1)
    }
  }
  return undefined
}

function to(text: string | undefined): { to: string } | Record<string, never> {
  const bare = text?.replace(/^\w{2,8}:\/\//, '').replace(/[/?#].*$/, '')
  return bare === undefined || bare === '' ? {} : { to: bare }
}

function address(side: string): string {
  return side.replace(/^[^:]*:/, '').replace(/,.*$/, '')
}
