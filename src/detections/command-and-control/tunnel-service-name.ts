import type { Severity } from '../../schema/event.ts'
import { defineDetection } from '../api.ts'
import { remembered } from '../few.ts'
import { suffixIn } from '../names.ts'
import { destinationText, failed, namesOf, whom } from '../words.ts'

/** What an agent of the service registers with: seen only when a tunnel is being opened. Vendors' own documents. */
const control = new Set(
  'argotunnel.com cftunnel.com api.trycloudflare.com ngrok-agent.com connect.ngrok.com tunnel.ngrok.com tunnel.us.ngrok.com tunnel.eu.ngrok.com localtunnel.me localhost.run serveo.net bore.pub a.pinggy.io pro.pinggy.io free.pinggy.io tunnels.api.visualstudio.com rel.tunnels.api.visualstudio.com zrok.io tunnelto.dev packetriot.net ply.gg playit.gg loclx.io jprq.io jprq.live tuns.sh srv.us telebit.cloud api.tunnelmole.com gsocket.io gs.thc.org ssh-j.com portr.dev sharedwithexpose.com expose.dev sh.expose.sh remote.it inlets.dev hbtn.io homeway.io'.split(
    ' ',
  ),
)
/** Where what was exposed is reached; a mere visitor goes there too. */
const exposed = new Set(
  'trycloudflare.com ngrok.io ngrok.app ngrok.dev ngrok-free.app ngrok-free.dev loca.lt lhr.life lhr.rocks lhr.pro serveousercontent.com pinggy.io pinggy.link pinggy.online devtunnels.ms pagekite.me tunnelmole.net tunwg.com loclx.com'.split(
    ' ',
  ),
)
const networks = new Set(
  'controlplane.tailscale.com login.tailscale.com log.tailscale.com derp.tailscale.com zerotier.com netbird.io api.netbird.io'.split(
    ' ',
  ),
)
const derp = /^derp\d{1,3}[a-z]?\.tailscale\.com$/

export const tunnelServiceName = defineDetection({
  id: 'tunnel.service-name',
  name: 'Tunnel service reached by name',
  kind: 'tunnel',
  severity: 'high',
  confidence: 0.8,
  attack: ['T1572', 'T1090'], // Protocol Tunneling, Proxy
  listensTo: ['dns_activity', 'tls_activity', 'http_activity', 'ssh_activity', 'network_activity'],
  falsePositives: ['Visiting a page that somebody else exposes', 'A team that uses the service on purpose'],
  blindSpots: ['Self-hosted servers of the same tools', 'Encrypted Client Hello and DNS over HTTPS'],
  response: ['Block the service', 'Find the process that holds the tunnel and what it exposes'],
  options: {},

  start() {
    const judged = remembered(judge)
    return (item) => {
      for (const name of namesOf(item)) {
        const found = judged(name)
        if (!found) continue
        const asked = item.event.class === 'dns_activity'
        const blocked = failed(item)
        return {
          title: asked
            ? `${whom(item)} looked up ${name}, ${found.what}`
            : `${whom(item)} ${blocked ? 'tried to reach' : 'reached'} ${destinationText(item)}, ${found.what}`,
          why: `${found.suffix} ${found.reason}.`,
          evidences: [item],
          destinations: [name],
          fact: found.suffix,
          severity: found.severity,
        }
      }
      return undefined
    }
  },
})

function judge(
  name: string,
): { suffix: string; what: string; reason: string; severity: Severity } | undefined {
  const agent = suffixIn(name, control)
  if (agent !== undefined) {
    return {
      suffix: agent,
      what: 'a tunnel service',
      reason: 'lets others connect in from outside',
      severity: 'high',
    }
  }
  const page = suffixIn(name, exposed)
  if (page !== undefined) {
    return {
      suffix: page,
      what: 'a tunnel service',
      reason: 'serves what others expose through a tunnel; visiting is weaker than opening one',
      severity: 'medium',
    }
  }
  const network = derp.test(name) ? 'tailscale.com' : suffixIn(name, networks)
  return network === undefined
    ? undefined
    : {
        suffix: network,
        what: 'a private overlay network',
        reason: 'joins machines past the firewall',
        severity: 'medium',
      }
}
