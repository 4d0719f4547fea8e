// Protocols by the words a policy uses, and what the bytes of a connection then may be.

/** For each layer that may be outermost, the layers that may be inside it. */
export type LayerSet = 'any' | ReadonlyMap<string, ReadonlySet<string> | 'any'>

/** Bytes that nothing is known about; stands for an empty list of layers. */
export const otherLayer = 'other'

const webInner = ['http', 'http2', 'websocket']
const words: Readonly<Record<string, { outer: readonly string[]; inner?: readonly string[] | 'any' }>> = {
  https: { outer: ['tls'], inner: webInner },
  /** TLS whatever is inside it. */
  tls: { outer: ['tls'], inner: 'any' },
  http: { outer: ['http', 'http2'], inner: ['websocket'] },
  ssh: { outer: ['ssh'] },
  git: { outer: ['git'] },
  redis: { outer: ['redis'] },
  mqtt: { outer: ['mqtt'] },
  smtp: { outer: ['smtp-or-ftp'] },
  ftp: { outer: ['smtp-or-ftp'] },
  vnc: { outer: ['vnc'] },
  rdp: { outer: ['rdp'] },
  socks: { outer: ['socks'], inner: 'any' },
  bittorrent: { outer: ['bittorrent'] },
  stratum: { outer: ['stratum'] },
  'bitcoin-p2p': { outer: ['bitcoin-p2p'] },
  'monero-p2p': { outer: ['monero-p2p'] },
  /** From here on over UDP. */
  quic: { outer: ['quic'] },
  dtls: { outer: ['dtls'] },
  stun: { outer: ['stun'] },
  ntp: { outer: ['ntp'] },
  wireguard: { outer: ['wireguard'] },
  openvpn: { outer: ['openvpn'] },
  tailscale: { outer: ['tailscale'] },
  /** Bytes of no protocol that is told apart: databases above all. */
  other: { outer: [otherLayer] },
}

/** What `protocols:` of a rule may list. */
export const protocolWords: readonly string[] = [...Object.keys(words), 'any']

/** What carries other connections or digs coins needs to be named, whatever the port. */
const toBeNamed: readonly string[] = [
  ...['ssh', 'socks', 'vnc', 'rdp', 'bittorrent', 'stratum', 'bitcoin-p2p', 'monero-p2p', 'tls'],
  ...['wireguard', 'openvpn', 'tailscale'],
]
const unnamedOther = layersOf(Object.keys(words).filter((word) => !toBeNamed.includes(word)))

const overUdp: readonly string[] = ['quic', 'dtls', 'stun', 'ntp', 'wireguard', 'openvpn', 'tailscale']

/** The transport that a word of `protocols:` is at home on. */
export function transportOfWord(word: string): 'tcp' | 'udp' {
  return overUdp.includes(word) ? 'udp' : 'tcp'
}

/** What datagrams may be when a rule names no protocol: the port says less than it does over TCP. */
export const datagramProtocols: LayerSet = unnamedOther
const byPort: ReadonlyMap<number, LayerSet> = new Map([
  [22, layersOf(['ssh'])],
  [80, layersOf(['http'])],
  [443, layersOf(['https'])],
])

/** What belongs on a port when a rule names no protocol. */
export function portProtocols(port: number): LayerSet {
  return byPort.get(port) ?? unnamedOther
}

/** The layers that a list of words opens; unknown words open nothing. */
export function layersOf(list: readonly string[]): LayerSet {
  if (list.includes('any')) return 'any'
  const set = new Map<string, Set<string> | 'any'>()
  for (const word of list) {
    const known = Object.hasOwn(words, word) ? words[word] : undefined
    for (const layer of known?.outer ?? []) {
      const before = set.get(layer)
      if (before === 'any') continue
      set.set(layer, known?.inner === 'any' ? 'any' : new Set([...(before ?? []), ...(known?.inner ?? [])]))
    }
  }
  return set
}

/** What sniffing a connection of this protocol would say. */
export function layersOfWord(word: string): readonly string[] {
  const first = Object.hasOwn(words, word) ? words[word]!.outer[0] : word
  return first === undefined || first === otherLayer || first === 'any' ? [] : [first]
}

/** The word of `protocols:` for what sniffing said; `other` for what has none. */
export function wordOfLayers(layers: readonly string[]): string {
  const first = layers[0] ?? otherLayer
  return Object.keys(words).find((word) => words[word]!.outer.includes(first)) ?? otherLayer
}

/** The first layer that is not allowed, or undefined when all are. */
export function forbiddenLayer(layers: readonly string[], allowed: LayerSet): string | undefined {
  if (allowed === 'any') return undefined
  const first = layers[0] ?? otherLayer
  const inner = allowed.get(first)
  if (inner === undefined) return first
  // What may stand outside is not thereby fine as cargo: SSH inside TLS is a tunnel where `ssh` alone is not.
  for (let i = 1; i < layers.length; i++) if (inner !== 'any' && !inner.has(layers[i]!)) return layers[i]
  return undefined
}

/** Do these bytes show the word of a deny rule, at any depth? */
export function showsProtocol(layers: readonly string[], word: string): boolean {
  if (word === 'any') return true
  if (word === otherLayer) return layers.length === 0 || layers.includes(otherLayer)
  const outer = Object.hasOwn(words, word) ? words[word]!.outer : [word]
  if (word === 'https') return layers[0] === 'tls'
  return layers.some((layer) => outer.includes(layer))
}
