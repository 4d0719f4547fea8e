import { defineDetection, type Hit, type SeenEvent } from '../api.ts'
import { registrable, suffixIn } from '../names.ts'
import { destinationOf, subject, whom } from '../words.ts'

/** Domains under which many different names are normal: content networks, reverse lookups, reputation by DNS. */
const busy = new Set(
  'in-addr.arpa ip6.arpa cloudfront.net amazonaws.com akamaiedge.net akamai.net akamaized.net edgekey.net edgesuite.net fastly.net googleusercontent.com googlevideo.com gstatic.com azureedge.net windows.net azurewebsites.net trafficmanager.net github.io githubusercontent.com mcafee.com sophosxl.net spamhaus.org surbl.org uribl.com dnswl.org barracudacentral.org e5.sk senderbase.org cluster.local internal local svc.cluster.local consul home.arpa'.split(
    ' ',
  ),
)

interface Window {
  startUs: number
  readonly names: Set<string>
  asked: number
  chars: number
  longest: number
  bulky: number
  events: SeenEvent[]
}

export const dnsTunnel = defineDetection({
  id: 'tunnel.dns',
  name: 'Data carried in DNS names',
  kind: 'tunnel',
  severity: 'high',
  confidence: 0.85,
  attack: ['T1071.004', 'T1048.003'], // DNS; Exfiltration Over Unencrypted Non-C2 Protocol
  listensTo: ['dns_activity'],
  falsePositives: ['Reputation services that ask by DNS', 'Content networks with generated names'],
  blindSpots: ['Slow drips below the rate', 'DNS over HTTPS or TLS'],
  response: ['Block the domain at the resolver', 'Work out from the names what was carried'],
  options: {
    windowS: 60,
    uniqueMin: 60,
    uniqueShareMin: 0.9,
    /** Mean length of what stands before the registered domain… */
    lengthMin: 20,
    /** …or so many different names that length does not matter. */
    uniqueSureMin: 150,
    longNameChars: 100,
    longNamesMin: 3,
    domainsMax: 20_000,
  },

  start({ options, boundedMap }) {
    const windows = boundedMap<string, Window>(options.domainsMax)
    return (item): Hit | undefined => {
      const query = item.event.dns?.query
      if (!query || query.hostname.length < 6) return undefined
      const name = query.hostname.toLowerCase().replace(/\.$/, '')
      if (suffixIn(name, busy) !== undefined) return undefined
      const domain = domainOf(name)
      if (domain !== noDomain && name.length <= domain.length) return undefined
      const key = `${subject(item)}|${domain}`
      let window = windows.get(key)
      if (!window || item.us >= window.startUs + options.windowS * 1e6) {
        window = { startUs: item.us, names: new Set(), asked: 0, chars: 0, longest: 0, bulky: 0, events: [] }
        windows.set(key, window)
      }
      const prefix = domain === noDomain ? name : name.slice(0, name.length - domain.length - 1)
      window.asked++
      if (window.names.size < 1_000 && !window.names.has(prefix)) {
        window.names.add(prefix)
        window.chars += prefix.length
        if (name.length >= options.longNameChars) window.longest++
      }
      if (/^(?:TXT|NULL|CNAME|MX|PRIVATE|\d+)$/i.test(query.type ?? '')) window.bulky++
      if (window.events.length < 20) window.events.push(item)
      const unique = window.names.size
      const length = window.chars / unique
      const share = unique / window.asked
      const many =
        unique >= options.uniqueMin &&
        share >= options.uniqueShareMin &&
        (length >= options.lengthMin || unique >= options.uniqueSureMin)
      const long = window.longest >= options.longNamesMin
      if (!many && !long) return undefined
      return {
        title: `${whom(item)} carried data in DNS names ${domain === noDomain ? 'without a domain' : `under ${domain}`}`,
        why: `${unique} different names within a minute, ${Math.round(length)} characters each on average${
          window.bulky > 0 ? `, ${window.bulky} of the questions for bulky record types` : ''
        }.`,
        evidences: window.events,
        destinations: domain === noDomain ? [destinationOf(item)] : [domain],
        fact: domain,
        severity: many ? 'high' : 'medium',
        confidence: many ? 0.85 : 0.6,
      }
    }
  },
  growing: true,
})

const noDomain = 'no domain'

/** Some tunnels ask a server of their own directly, with names that end in no domain: `dnscat.546b03f5….02`. */
function domainOf(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1)
  if (!/^(?:[a-z]{2,24}|xn--[a-z0-9-]{1,59})$/.test(last) || name.startsWith('dnscat.')) return noDomain
  return registrable(name)
}
