// What one line of a recording adds to what is known of its destination.

import { type IpRange, inRange, ipGroups } from '../base/cidr.ts'
import { canonicalIp } from '../base/ip.ts'
import { plain } from '../base/terminal.ts'
import type { DecisionCode } from '../schema/decision.ts'
import { specialAddress } from './addresses.ts'
import { readHostPort } from './hosts.ts'
import { asObject, callOf, type Destination, type Fields, isAttempt, text } from './learn-line.ts'
import { forbiddenLayer, layersOf, wordOfLayers } from './protocols.ts'

const callsShown = 1_000
const pathsMax = 200

export function note(
  destination: Destination,
  line: Fields,
  kind: string,
  synthetic: IpRange | undefined,
): void {
  const observed = asObject(line.observed)
  const actor = asObject(line.actor)
  const opens = kind === 'network_activity' && isAttempt(line)
  if (opens && text(line.disposition) === 'blocked') destination.refused++
  else if (opens) destination.allowed++
  if (text(line.disposition) !== 'blocked' && line.wouldBlock === true && opens) {
    destination.allowed--
    destination.refused++
  }
  noteProtocol(destination, observed)
  const call = callOf(line)
  if (call !== undefined && destination.calls.size < callsShown) destination.calls.add(call)
  const program = text(asObject(actor?.process)?.name)
  if (program !== undefined && destination.programs.size < 32) destination.programs.add(program)
  const code = text(asObject(line.policy)?.code)
  if (code !== undefined && dangerousCodes.has(code)) {
    destination.dangers.add(text(asObject(line.policy)?.reason) ?? code)
  }
  noteAddresses(destination, line, synthetic)
  if (destination.kind === 'ip') destination.dangers.add('it was dialled by its address, without a name')
  const names = new Set(
    [
      observed?.dnsName,
      observed?.connectName,
      observed?.sni,
      observed?.httpHost,
      observed?.authority,
      asObject(line.http)?.host,
    ].flatMap((value) => {
      const one = text(value)
      const read = one === undefined ? undefined : readHostPort(one).host
      return read === undefined
        ? []
        : [read.kind === 'bad' ? read.shown : read.kind === 'ip' ? read.ip : read.name]
    }),
  )
  if (names.size > 1) destination.dangers.add(`its names differ: ${[...names].join(', ')}`)
  noteRequest(destination, line)
}

/** What counts is the address that was dialled; the one a program saw may only stand for a name. */
function noteAddresses(destination: Destination, line: Fields, synthetic: IpRange | undefined): void {
  const seen = canonicalIp(text(asObject(line.dstEndpoint)?.ip) ?? '')
  const dialled = canonicalIp(text(asObject(line.observed)?.dialled) ?? '')
  for (const ip of [seen, dialled]) {
    if (ip !== undefined) destination.keys.add(ip).add(`${ip}:${destination.port}`)
  }
  const named = destination.kind === 'name'
  // Nothing was dialled for a name that was refused; what it led to is in the refusal's code.
  if (dialled === undefined && named && text(line.disposition) === 'blocked') return
  const ip = dialled ?? seen
  const special = ip === undefined ? undefined : specialAddress(ip, noAddresses)
  if (!special || (named && synthetic && inRange(ipGroups(ip ?? '') ?? [], synthetic))) return
  destination.dangers.add(`it is, or leads to, ${special.what}`)
}

/** Refusals that say something of the destination, whether or not the mode let it pass. */
const dangerousCodes: ReadonlySet<string> = new Set<DecisionCode>([
  'bad-name',
  'ech',
  'group-address',
  'metadata-address',
  'name-mismatch',
  'own-address',
  'private-address',
])

function noteProtocol(destination: Destination, observed: Fields | undefined): void {
  const layers = Array.isArray(observed?.layers)
    ? observed.layers.flatMap((layer) => text(layer) ?? []).slice(0, 8)
    : [observed?.protocol].flatMap((layer) => text(layer) ?? [])
  if (layers.length === 0 && !Array.isArray(observed?.layers)) return
  const word = wordOfLayers(layers)
  if (destination.protocols.size < 16) destination.protocols.add(word)
  // Tunnels and mining are for a person to allow, whether or not a detection was sure of them.
  if (suspect.has(word)) destination.dangers.add(`it spoke ${word}`)
  if (word === 'ssh' && destination.port !== 22)
    destination.dangers.add('it spoke ssh on another port than 22')
  const inside = forbiddenLayer(layers, layersOf([word]))
  if (inside !== undefined)
    destination.dangers.add(`it carried ${plain(inside, 40)} inside ${plain(layers[0] ?? '', 40)}`)
}

const suspect: ReadonlySet<string> = new Set([
  'openvpn',
  'tailscale',
  'wireguard',
  'bitcoin-p2p',
  'bittorrent',
  'monero-p2p',
  'rdp',
  'socks',
  'stratum',
  'vnc',
])

function noteRequest(destination: Destination, line: Fields): void {
  const http = asObject(line.http) ?? asObject(line.httpRequest)
  if (!http) return
  const method = text(http.method) ?? text(http.httpMethod)
  const path = text(http.path) ?? text(asObject(http.url)?.path)
  if (method !== undefined && /^[A-Z]{1,20}$/.test(method) && destination.methods.size < 32)
    destination.methods.add(method)
  const bare = path?.replace(/[?#].*$/s, '')
  if (bare?.startsWith('/') && bare.length < 500 && destination.paths.size < pathsMax)
    destination.paths.add(bare)
  else destination.morePaths = true
}

const noAddresses: ReadonlySet<string> = new Set()
