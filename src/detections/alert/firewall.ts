import type { FindingKind } from '../../schema/finding.ts'
import { defineDetection } from '../api.ts'
import { destinationOf, destinationText, whom } from '../words.ts'

/** What the firewall's words speak of, most telling first. Chinese words are Alibaba Cloud Firewall's. */
const kinds: readonly (readonly [FindingKind, RegExp, readonly string[]])[] = [
  [
    'mining',
    /\b(?:crypto-?(?:currency|mining|miner|jack\w*)|coin[- ]?(?:miner|mining|hive)\w*|min(?:er|ing) (?:pool|behavio(?:u)?r|activity|traffic|program|protocol|communication)|(?:xmr|monero|bitcoin|ethereum|eth|btc) ?(?:min\w+|pool)|xmrig|stratum|cryptonight|randomx)\b|挖矿|矿池|\bmining\b/i,
    ['T1496.001'],
  ],
  [
    'tunnel',
    /\b(?:reverse[ _-]?(?:ssh|shell|tunnel|proxy|connection)|tunnel\w*|chisel|ngrok|frpc?|cloudflared|socks\d?|c2\b|c&c|command[ -]and[ -]control|cnc|trojan|backdoor|rat\b|beacon\w*|cobalt ?strike|meterpreter|ssh (?:session )?on (?:an? )?(?:unusual|non-?standard|unexpected|high) port|outbound ssh|proxy[ -]?tool)\b|隧道|反弹|远控|后门|木马|反向/i,
    ['T1572'],
  ],
  [
    'exfiltration',
    /\b(?:exfil\w*|data (?:leak\w*|loss|theft|transfer)|dlp|upload(?:ed|ing)? (?:of )?(?:sensitive|secret)|sensitive data|credential leak\w*|paste ?bin|file ?sharing)\b|外传|数据泄[露漏]|外泄/i,
    ['T1041'],
  ],
  [
    'provisioning',
    /\b(?:run ?instances|cloud (?:control|management) (?:api|plane)|instance (?:creation|launched)|unauthori[sz]ed (?:instance|compute|resource)|ResourceConsumption|quota increase|gpu (?:instance|provision\w*))\b/i,
    ['T1578.002'],
  ],
  [
    'probing',
    /\b(?:(?:port|network|host|ip|vuln\w*|service|internal|icmp|syn|tcp|udp|nmap|lateral)[ _-]?(?:scan\w*|sweep\w*|prob\w+)|scan(?:s|ned|ner|ning)?|sweep|prob(?:e|es|ed|ing)\b|recon\w*|discovery|enumerat\w+|metadata|imds|ssrf|brute[ -]?force|lateral[ -]?movement|internal (?:network|access|resource)|attempted-recon|169\.254\.169\.254|100\.100\.100\.200)\b|扫描|探测|内网|横向|暴力破解|元数据/i,
    ['T1046'],
  ],
]

export const alertFirewall = defineDetection({
  id: 'alert.firewall',
  name: 'Alarm of a firewall or sensor',
  kind: 'alert',
  severity: 'medium',
  confidence: 0.6,
  attack: [],
  listensTo: [
    'network_activity',
    'dns_activity',
    'http_activity',
    'tls_activity',
    'ssh_activity',
    'process_activity',
    'api_activity',
    'detection_finding',
  ],
  falsePositives: ['Whatever the rule of the firewall takes for an attack'],
  blindSpots: ['What the firewall has no rule for'],
  response: ['Read the calls it is attributed to', 'Check the verdict: was it let through?'],
  options: {},

  start() {
    return (item) => {
      const { alert, policy, disposition } = item.event
      if (!alert) return
      const words = [alert.title, alert.category, policy?.rule].filter(
        (text) => text !== undefined && text !== '',
      )
      const found = kinds.find(([, pattern]) => words.some((text) => pattern.test(text!)))
      const title = alert.title !== '' ? alert.title : (policy?.rule ?? alert.category ?? 'Alarm')
      const { ip } = item.event.dstEndpoint
      const inbound =
        found?.[0] === 'probing' &&
        item.cause === undefined &&
        item.box === undefined &&
        words.some((text) => /\binbound\b|入方向|入站/i.test(text!))
      const named = ip !== '' || item.event.dstEndpoint.hostname !== undefined || item.dstName !== undefined
      return {
        title: `${title.slice(0, 200)}: ${whom(item)}${named ? ` → ${destinationText(item)}` : ''}`,
        why: `The firewall or sensor raised it${policy?.rule && policy.rule !== title ? ` (rule ${policy.rule.slice(0, 200)})` : ''}${
          disposition === undefined ? '' : ` and the traffic was ${disposition}`
        }.`,
        evidences: [item],
        destinations: named ? [destinationOf(item)] : [],
        fact: `${title}|${named ? (ip !== '' ? ip : destinationOf(item)) : ''}`,
        // Who knocks from outside is not what an agent did; only what an agent did is graver than low.
        severity: inbound ? 'low' : (alert.severity ?? 'medium'),
        ...(found ? { kind: found[0], attack: found[2] } : {}),
      }
    }
  },
})
