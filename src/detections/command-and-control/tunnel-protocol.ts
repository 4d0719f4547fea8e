import { defineDetection } from '../api.ts'
import { placeOf } from '../places.ts'
import { destinationOf, destinationText, whom } from '../words.ts'

/** Words that sensors use for what the bytes are. */
const protocols = new Map<string, string>([
  ['tailscale', 'a Tailscale network'],
  ['wireguard', 'a WireGuard VPN'],
  ['openvpn', 'an OpenVPN tunnel'],
  ['zerotier', 'a ZeroTier network'],
  ['socks', 'a SOCKS proxy'],
  ['socks4', 'a SOCKS proxy'],
  ['socks5', 'a SOCKS proxy'],
  ['chisel', 'a chisel tunnel'],
  ['frp', 'an frp tunnel'],
])

export const tunnelProtocol = defineDetection({
  id: 'tunnel.protocol',
  name: 'Tunnel or proxy recognised by its bytes',
  kind: 'tunnel',
  severity: 'medium',
  confidence: 0.7,
  attack: ['T1572', 'T1090'], // Protocol Tunneling, Proxy
  listensTo: ['network_activity'],
  falsePositives: ['A VPN or proxy that the team prescribes'],
  blindSpots: ['Tunnels inside TLS', 'Sensors that do not look at bytes'],
  response: ['Find the process that holds it', 'Block the far address unless it is prescribed'],
  options: {},

  start() {
    return (item) => {
      const { observed, dstEndpoint, outcome } = item.event
      const what =
        observed?.protocol === undefined ? undefined : protocols.get(observed.protocol.toLowerCase())
      if (what === undefined || dstEndpoint.ip === '' || outcome === 'no-answer') return
      const inside = placeOf(dstEndpoint.ip).inside
      const proxy = what.includes('SOCKS')
      // Proxies inside the network are how many sandboxes are meant to reach out.
      if (inside && proxy) return
      return {
        title: `${whom(item)} uses ${what} at ${destinationText(item)}`,
        why: `The sensor recognised ${observed!.protocol}: what goes through it is not seen by name.`,
        evidences: [item],
        destinations: [destinationOf(item)],
        severity: inside ? 'low' : /chisel|frp/.test(what) ? 'high' : 'medium',
      }
    }
  },
})
