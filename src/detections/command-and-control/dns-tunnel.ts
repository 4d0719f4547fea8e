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
  /** What stands before the domain, and when it was asked last. */
  readonly names: Map<string, number>
  /** Questions, not counting repetitions and answers. */
  asked: number
  chars: number
  longest: number
  /** Different names asked for record types that carry data, and what came back for them, bytes. */
  bulky: number
  bulkyBytesIn: number
  /** Names that hold encoded data by their letters alone. */
  encoded: number
  events: SeenEvent[]
}

/** Record types whose answers hold free text or bytes; programs ask for addresses. */
const bulkyTypes = /^(?:TXT|NULL|CNAME|MX|KEY|PRIVATE|TYPE\d+|\d+)$/i

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
    /** Different names asked nearly only for record types that carry data: what comes back is the load. */
    bulkyNamesMin: 30,
    bulkyShareMin: 0.8,
    /** Fewer names, when this many bytes came back for them. A domain's own SPF, DKIM and the like stay below. */
    bulkyFewMin: 8,
    bulkyBytesMin: 8_000,
    /** What stands before the domain, in letters that no host's name has (`=`, `+`, `/`): one is enough. */
    encodedCharsMin: 40,
    /** The same name within this time is one question: A and AAAA, a second try, its answer's record. */
    sameQuestionS: 5,
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
        window = newWindow(item.us)
        windows.set(key, window)
      }
      const prefix = domain === noDomain ? name : name.slice(0, name.length - domain.length - 1)
      const bulky = bulkyTypes.test(query.type ?? '')
      const last = window.names.get(prefix)
      if (last === undefined && window.names.size < namesMax) {
        window.asked++
        window.chars += prefix.length
        if (name.length >= options.longNameChars) window.longest++
        if (bulky) window.bulky++
        if (prefix.length >= options.encodedCharsMin && isEncoded(prefix)) window.encoded++
      } else if (last !== undefined && item.us - last > options.sameQuestionS * 1e6) window.asked++
      if (last !== undefined || window.names.size < namesMax) window.names.set(prefix, item.us)
      if (bulky) window.bulkyBytesIn += cameBack(item)
      if (window.events.length < 20) window.events.push(item)
      const unique = window.names.size
      const length = window.chars / unique
      const isNew = unique / window.asked >= options.uniqueShareMin
      const many =
        isNew &&
        unique >= options.uniqueMin &&
        (length >= options.lengthMin || unique >= options.uniqueSureMin)
      const fetched =
        isNew &&
        window.bulky >= options.bulkyShareMin * unique &&
        (window.bulky >= options.bulkyNamesMin ||
          (window.bulky >= options.bulkyFewMin && window.bulkyBytesIn >= options.bulkyBytesMin))
      if (!many && !fetched && window.longest < options.longNamesMin && window.encoded === 0) return undefined
      return {
        title: `${whom(item)} carried data in DNS names ${domain === noDomain ? 'without a domain' : `under ${domain}`}`,
        why: `${counted(unique, 'name')} within a minute, ${Math.round(length)} characters each on average${
          window.bulky > 0 ? `, ${window.bulky} of them asked for record types that carry data` : ''
        }${window.encoded > 0 ? `, ${window.encoded} in letters of an encoding that no host's name has` : ''}.`,
        evidences: window.events,
        destinations: domain === noDomain ? [destinationOf(item)] : [domain],
        fact: domain,
        severity: many || fetched ? 'high' : 'medium',
        confidence: many || fetched ? 0.85 : 0.6,
      }
    }
  },
  growing: true,
})

const noDomain = 'no domain'
const namesMax = 1_000

function newWindow(startUs: number): Window {
  const none = { asked: 0, chars: 0, longest: 0, bulky: 0, bulkyBytesIn: 0, encoded: 0 }
  return { startUs, names: new Map(), ...none, events: [] }
}

/** Letters of base64 and its kin that no host's name has. A leading `*.` is a wildcard. */
function isEncoded(prefix: string): boolean {
  return /[=+/*]/.test(prefix.replace(/^\*\./, ''))
}

/** Bytes of an answer, or at least of its texts. */
function cameBack({ event }: SeenEvent): number {
  return event.bytesIn ?? (event.dns?.answers ?? []).reduce((sum, text) => sum + text.length, 0)
}

function counted(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${n} different ${what}s`
}

/** Some tunnels ask a server of their own directly, with names that end in no domain: `dnscat.546b03f5….02`. */
function domainOf(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1)
  if (!/^(?:[a-z]{2,24}|xn--[a-z0-9-]{1,59})$/.test(last) || name.startsWith('dnscat.')) return noDomain
  return registrable(name)
}
