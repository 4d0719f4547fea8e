import { canonicalIp, isInternal } from '../../base/ip.ts'
import type { Invocation } from '../../commands/parse.ts'
import { defineDetection, type Hit } from '../api.ts'
import { excerpt, whom } from '../words.ts'

const scannerNames =
  'nmap|masscan|zmap|zgrab2?|rustscan|naabu|unicornscan|hping3?|arp-scan|netdiscover|nbtscan|fping|onesixtyone|enum4linux(?:-ng)?|crackmapexec|nxc|netexec|nuclei|nikto|gobuster|ffuf|dirb|feroxbuster|httpx|amass|subfinder|smbmap|responder|fscan|kube-hunter'
const scanners = new RegExp(`^(?:${scannerNames})$`)
/** Programs that try one service; in a loop over made-up targets they scan. */
const triers =
  /^(?:nc|ncat|netcat|ping6?|curl|wget|telnet|timeout|bash|sh|cat|echo|exec|true|:|openssl|ssh|arping|socat)$/
const numbered = /\$\{?\w{1,32}\}?|\{\d{1,5}\.\.\d{1,5}\}|\{\}/
const address = /(?:\d{1,3}\.){1,3}(?:\d{1,3}|\$\{?\w{1,32}\}?|\{\d{1,5}\.\.\d{1,5}\}|\{\})/
const socketScan = /\b(?:connect_ex|create_connection|socket\.connect|\.connect|open_connection)\s{0,4}\(/

export const scanCommand = defineDetection({
  id: 'probing.command',
  name: 'Scan by command line',
  kind: 'probing',
  severity: 'high',
  confidence: 0.85,
  attack: ['T1046', 'T1018'], // Network Service Discovery, Remote System Discovery
  listensTo: ['execute_tool'],
  needs: new RegExp(`\\b(?:${scannerNames}|nc|ncat|netcat)\\b|/dev/tcp`),
  falsePositives: ['A scan that is the task', 'A loop that waits for a service to come up'],
  blindSpots: ['Scanners written as modules', 'Ranges read from a file'],
  response: ['Ask whether the task covers these targets', 'See in the network log what answered'],
  options: {},

  start({ reading }) {
    return (item) => {
      const hits: Hit[] = []
      const { invocations, code } = reading(item)
      for (const invocation of invocations) {
        const found = judge(invocation)
        if (!found) continue
        hits.push({
          title: `${whom(item)} ${found.did}`,
          why: `\`${excerpt(invocation.argv)}\` ${found.because}.`,
          evidences: [item],
          destinations: found.targets,
          fact: found.targets[0] ?? invocation.program,
          severity: found.inside ? 'high' : 'medium',
        })
      }
      for (const text of code) {
        if (
          !socketScan.test(text) ||
          !/\bfor\s[^\n]{1,80}\bin\s[^\n]{0,40}(?:range\s{0,2}\(|ports|hosts|ips|network|subnet)|ip_network\s{0,2}\(|ThreadPool/.test(
            text,
          )
        )
          continue
        const prefix =
          /["'](\d{1,3}\.\d{1,3}\.\d{1,3}\.)["'{]/.exec(text)?.[1] ??
          /["'](\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?)["']/.exec(text)?.[1]
        if (prefix?.startsWith('127.') || (prefix === undefined && /localhost/.test(text))) continue
        // Without an address of its own it may look for a free port, or try again.
        if (
          prefix === undefined &&
          !/ip_network|range\s{0,2}\(\s{0,2}\d{1,3}\s{0,2},\s{0,2}25[4-6]\s{0,2}\)/.test(text)
        ) {
          continue
        }
        // `connect(("8.8.8.8", 80))` only asks for the own address: one place, one port.
        const aims =
          prefix === undefined ||
          prefix.endsWith('.') ||
          prefix.includes('/') ||
          /connect_ex\s{0,4}\(/.test(text) ||
          /\(\s{0,4}["'][\d.]{7,15}["']\s{0,4},\s{0,4}[A-Za-z_]/.test(text)
        if (!aims) continue
        const inside = prefix !== undefined && insideText(prefix)
        hits.push({
          title: `${whom(item)} ran a program that scans${prefix === undefined ? '' : ` ${prefix}${prefix.endsWith('.') ? '0/24' : ''}`}`,
          why: 'It tries connections in a loop over ports or addresses.',
          evidences: [item],
          fact: prefix ?? 'program',
          severity: inside ? 'high' : 'medium',
          confidence: 0.7,
        })
        break
      }
      return hits
    }
  },
})

interface Found {
  readonly did: string
  readonly because: string
  readonly targets: readonly string[]
  readonly inside: boolean
}

function judge(invocation: Invocation): Found | undefined {
  const { program, argv, redirects, inLoop, varies, wrappers } = invocation
  const words = argv.slice(1)
  if (scanners.test(program)) {
    if (
      words.length === 0 ||
      words.every((word) => /^(?:-h|--help|-V|--version|-version|-up(?:date)?|--script-updatedb)$/.test(word))
    )
      return undefined
    const targets = targetsOf(words)
    if (targets.length === 0 && !/^(?:nmap|masscan|zmap|arp-scan|netdiscover|fscan)$/.test(program))
      return undefined
    if (targets.length > 0 && targets.every(isSelf)) return undefined
    return {
      did: `scanned ${targets.length === 0 ? 'the network' : targets.slice(0, 3).join(', ')} with ${program}`,
      because: 'looks for machines and services',
      targets,
      inside: targets.length === 0 || targets.some(insideText),
    }
  }
  if (/^(?:nc|ncat|netcat)$/.test(program)) {
    const zero = words.some((word) => /^-[a-zA-Z]*z/.test(word))
    const ports = words.find((word) => /^\d{1,5}-\d{1,5}$/.test(word))
    const range = ports !== undefined && Number(ports.split('-')[1]) - Number(ports.split('-')[0]) >= 5
    const made =
      (inLoop || wrappers.includes('xargs') || wrappers.includes('parallel')) &&
      (varies || words.some((word) => numbered.test(word)))
    const targets = targetsOf(words.filter((word) => word !== ports))
    if (
      (range || (made && (zero || words.some((w) => w === '-w')))) &&
      !(targets.length > 0 && targets.every(isSelf))
    ) {
      return {
        did: `tried ${range ? `ports ${ports}` : 'a list of services'} ${targets[0] ? `of ${targets[0]} ` : ''}with ${program}`,
        because: 'tries one port after the other',
        targets,
        inside: targets.some(insideText) || targets.length === 0,
      }
    }
    return undefined
  }
  if (!triers.test(program) && !redirects.some((r) => r.target.startsWith('/dev/tcp/'))) return undefined
  const loops = inLoop || wrappers.includes('xargs') || wrappers.includes('parallel')
  // `for i in …; do ping 10.0.0.$i`, `echo > /dev/tcp/10.0.0.5/$p`, `curl 10.0.0.{1..254}`
  const texts = [...words, ...redirects.map((r) => r.target)]
  const device = redirects.find((r) => /^\/dev\/tcp\//.test(r.target))?.target
  if (device !== undefined && loops && (varies || numbered.test(device))) {
    const host = device.split('/')[3] ?? ''
    if (isSelf(host)) return undefined
    return {
      did: `scanned ${host.replace(/\$.*$/, '') || 'machines'} through /dev/tcp`,
      because: 'opens one connection after the other in a loop',
      targets: [],
      inside: insideText(host) || host.startsWith('$'),
    }
  }
  for (const text of texts) {
    const match = address.exec(text)
    if (!match || !numbered.test(match[0]) || isSelf(match[0])) continue
    if (!loops && !/\{\d+\.\.\d+\}/.test(match[0])) continue
    const prefix = match[0].replace(/[${].*$/, '')
    return {
      did: `swept ${prefix}0/24 with ${program}`,
      because: 'goes through the addresses of a network',
      targets: [],
      inside: insideText(prefix),
    }
  }
  return undefined
}

function targetsOf(words: readonly string[]): string[] {
  const targets: string[] = []
  for (const [i, word] of words.entries()) {
    if (word.startsWith('-') || targets.length >= 16) continue
    const option = words[i - 1] ?? ''
    // Values of options that are no target.
    if (
      /^(?:-o[ANGXS]?|-oA|--script|--script-args|-p|--ports?|-T\d?|--rate|--max-rate|-e|--interface|-i|-w|-t|-c|-iL|--top-ports|--min-rate|--max-retries|--host-timeout|-W|-l|-q|-s)$/.test(
        option,
      ) &&
      !/^-s[A-Z]/.test(option)
    ) {
      const bareTarget = /^\d{1,3}(?:\.\d{1,3}){3}/.test(word) && /^-[siwtc]$/.test(option)
      if (!bareTarget) continue
    }
    if (
      /^\d{1,3}(?:\.[\d*,-]{1,15}){3}(?:\/\d{1,2})?$/.test(word) ||
      /^https?:\/\//.test(word) ||
      (canonicalIp(word.replace(/\/\d+$/, '')) !== undefined && word.includes(':'))
    )
      targets.push(word)
    else if (
      /^[A-Za-z][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){0,8}(?:\/\d{1,2})?$/.test(word) &&
      !/\.(?:txt|xml|nse|json|csv|lst|gnmap|html)$/.test(word)
    )
      targets.push(word)
  }
  return targets
}

function isSelf(target: string): boolean {
  return /^(?:https?:\/\/)?(?:localhost|127\.|0\.0\.0\.0|\[?::1)/.test(target)
}

function insideText(text: string): boolean {
  const bare = text.replace(/^https?:\/\//, '')
  const match = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?/.exec(bare)
  if (match) return isInternal(`${match[1]}.${match[2]}.${match[3] ?? '0'}.1`)
  return /\.(?:internal|local|lan|svc|cluster|corp|intranet)$/.test(bare) || /^[a-z][a-z0-9-]*$/.test(bare)
}
