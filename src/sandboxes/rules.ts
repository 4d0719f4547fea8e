// The rules in a sandbox's own network namespace: every first packet goes to the gateway, which answers for the world.
//
// A TCP SYN is logged (NFLOG, with the mark of the call whose socket it is) and dropped. The gateway decides, dials,
// and then either sends the same SYN again with its own mark, which alone is redirected to its listener, or answers
// with a reset. So nothing is accepted that was not decided, no refused port looks open, and an upstream that fails
// is a connect that fails. Later packets of what is no connection go out on loopback and come in for nobody. What is not TCP is logged and
// refused, but for DNS queries, which the gateway answers, and datagrams to ports that a rule opens, which it relays.

/** Set on what the gateway sends into the namespace. Only CAP_NET_ADMIN can set a mark: nothing inside has it. */
export const gatewayMark = 0x8000_0000

export const addresses = {
  /** The sandbox's own. */
  own: '198.19.255.2',
  own6: 'fd76:6967:696c::2',
  /** Resolver and explicit proxies; not local, so that a connection to it is attributed like any other. */
  gateway: '198.19.255.1',
} as const

export const logGroup = 7
/**
 * Each destination gets a loopback address of its own, chosen by a hash of it. With a single one, a source port that is
 * used for two destinations within two minutes would have to be changed on the way, and nobody would know whose the
 * connection is.
 */
const loopback = '127.0.0.1-127.255.255.254'
/** A whole DNS query, the beginning of anything else. Bytes. */
const snapBytes = 1600

export interface RulesOptions {
  /** Port of the gateway's listener, on all addresses inside the namespace. */
  readonly listenerPort: number
  /** Ports whose datagrams the gateway takes; all others are refused where they are sent. Not to overlap. */
  readonly relayedUdp?: readonly { readonly from: number; readonly to: number }[]
  /** Groups of calls and their marks; absent where no group says whose a socket is. */
  readonly calls: { readonly level: number; readonly elements: readonly CallElement[] } | undefined
}

export interface CallElement {
  readonly name: string
  readonly mark: number
}

export function rulesText({ listenerPort, calls, relayedUdp = [] }: RulesOptions): string {
  const mark = calls ? `meta mark set socket cgroupv2 level ${calls.level} map @calls` : ''
  const ports = relayedUdp.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
  const relayed = ports && `udp dport { ${ports} } log prefix "relay" group ${logGroup} accept`
  return `table inet vigiles {
${calls ? '  map calls {\n    type cgroupsv2 : mark\n  }' : ''}
  chain out {
    type filter hook output priority mangle; policy drop;
    meta mark & ${gatewayMark} == ${gatewayMark} accept
    tcp flags & (syn | ack) != syn accept
    ${mark}
    fib daddr type local meta l4proto tcp log prefix "local" group ${logGroup} snaplen 128 accept
    fib daddr type local accept
    udp dport 53 log group ${logGroup} snaplen ${snapBytes} accept
    ${relayed}
    log group ${logGroup} snaplen ${snapBytes} drop
  }
  chain nat {
    type nat hook output priority -100; policy accept;
    meta mark & ${gatewayMark} != ${gatewayMark} accept
    meta nfproto ipv4 meta l4proto tcp dnat ip to ${loopback}:${listenerPort}
    meta l4proto tcp redirect to :${listenerPort}
  }
}
${calls ? elementsText(calls.elements) : ''}`
}

/** Tells the rules of further calls. */
export function elementsText(calls: readonly CallElement[]): string {
  if (calls.length === 0) return ''
  const elements = calls.map(({ name, mark }) => `"${name}" : ${mark}`).join(', ')
  return `add element inet vigiles calls { ${elements} }\n`
}

/** For `ip -batch -`, as often as one likes: loopback is all the namespace has, and everything is routed to it. */
export const linkText = `link set lo up
addr replace ${addresses.own}/32 dev lo
addr replace ${addresses.own6}/128 dev lo nodad
route replace default dev lo src ${addresses.own}
route replace ::/0 dev lo src ${addresses.own6}
`
