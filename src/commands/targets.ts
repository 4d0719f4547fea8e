// What a tool call's text says it will reach. Called for every recorded call, so the common case is one scan.

import { decodedLiterals } from './code.ts'
import type { Invocation } from './parse.ts'
import { scanText, type Target, TargetSet, targetLimits } from './scan-text.ts'
import { parseSsh } from './ssh.ts'
import { callInvocations } from './surfaces.ts'
import { toolHosts, toolWords } from './tool-map.ts'

export type { Target } from './scan-text.ts'

/** Text that a plain scan cannot see through: variables, encodings, escapes. */
const hidden = /\$\{?\w|base64|b64|xxd|\\x[0-9a-f]|%[0-9a-f]{2}|fromhex|unhexlify|\beval\b/i
/** Named arguments whose value is a host, whatever it looks like: `"host":"redis"`, `host='redis'`. */
const namedHost =
  /["']?\b(host|hostname|server|address|addr|ip|domain|endpoint|target|proxy|remote)["']?\s{0,4}[:=]\s{0,4}["']([A-Za-z0-9.:[\]_-]{1,253})["']/gi
const namedPort = /["']?\bport["']?\s{0,4}[:=]\s{0,4}["']?(\d{1,5})\b/gi

/**
 * Addresses, names and ports that `command` names, strongest first; at most `targetLimits.targets`.
 *
 * @param name the tool's name
 * @param command a shell text, or the arguments as compact JSON
 * @param extra files the call runs, with their content as an earlier call wrote it
 */
export function commandTargets(
  name: string,
  command: string,
  extra?: { readonly writes?: readonly { readonly path: string; readonly content: string }[] },
): Target[] {
  const targets = new TargetSet()
  let text = command.length > targetLimits.textChars ? command.slice(0, targetLimits.textChars) : command
  if (text.includes('\\/')) text = text.replaceAll('\\/', '/')
  const { sawWord } = scanText(text, 'literal', 1, targets, toolWords)
  const isHidden = hidden.test(text)
  if (isHidden) {
    for (const decoded of decodedLiterals(text)) scanText(decoded.text, 'decoded', 0.9, targets)
  }
  if (text.includes('host') || text.includes('port') || text.includes('server') || text.includes('addr')) {
    for (const match of text.matchAll(namedHost)) {
      const value = match[2]!
      if (/[.:]/.test(value)) targets.host(value, 'literal', 0.8)
      // A single word is a host only under a name that means nothing else.
      else if (/^(?:host|hostname|server)$/i.test(match[1]!) && value.length > 1)
        targets.host(value, 'literal', 0.6)
    }
    for (const match of text.matchAll(namedPort)) targets.port(match[1]!, 'literal', 0.7)
  }
  if (sawWord || isHidden) {
    for (const invocation of callInvocations(name, text)) addInvocation(invocation, text, targets, isHidden)
  }
  for (const write of (extra?.writes ?? []).slice(0, 16)) scanText(write.content, 'script', 0.7, targets)
  return targets.list()
}

function addInvocation(invocation: Invocation, text: string, targets: TargetSet, isHidden: boolean): void {
  const { program, argv, redirects } = invocation
  const via =
    invocation.decodedFrom === undefined || invocation.decodedFrom === 'code' ? 'literal' : 'decoded'
  if (isHidden) {
    // Words that do not stand in the text as they are were put together from variables or decoded.
    const made = [...argv.slice(0, 256), ...redirects.map((r) => r.target)].filter(
      (word) => word.length > 2 && word.length < 4_096 && !text.includes(word),
    )
    if (made.length > 0) scanText(made.join(' '), 'decoded', 0.9, targets)
  }
  for (const host of toolHosts(invocation)) targets.add('name', host.name, 'tool-map', host.strength)

  switch (program) {
    case 'ssh':
    case 'mosh': {
      const ssh = parseSsh(argv)
      if (ssh.host !== undefined) targets.host(ssh.host, via, 1)
      if (ssh.port !== undefined) targets.port(String(ssh.port), via, 1)
      else if (ssh.host !== undefined) targets.port('22', via, 0.4)
      for (const jump of ssh.jumps) {
        const [host = '', port] = jump.slice(jump.lastIndexOf('@') + 1).split(':')
        targets.host(host, via, 1)
        if (port !== undefined) targets.port(port, via, 1)
      }
      // What the far side reaches through the tunnel is contacted from here; where -L leads, it is not.
      for (const { kind, host, port } of ssh.forwards) {
        if (kind !== 'R' || host === undefined || /^(?:localhost|127\.|::1$|\[::1)/.test(host)) continue
        targets.host(host, via, 1)
        if (port !== undefined) targets.port(String(port), via, 1)
      }
      return
    }
    case 'scp':
    case 'sftp':
    case 'rsync': {
      for (const word of argv.slice(1)) {
        const remote = /^(?:[\w.-]{1,64}@)?([A-Za-z0-9][\w.-]{0,252}):(?!\/\/)/.exec(word)
        if (remote) targets.host(remote[1]!, via, 1)
      }
      const portAt = argv.findIndex((word) => word === '-P' || word === '--port')
      if (portAt > 0) targets.port(argv[portAt + 1] ?? '', via, 1)
      return
    }
    case 'nc':
    case 'ncat':
    case 'netcat':
    case 'telnet': {
      const words = plainWords(argv, '-w -x -X -s -p -e -c -q -i -I -O -T -V -m -G -P')
      if (words[0] !== undefined) targets.host(words[0], via, 1)
      if (words[1] !== undefined) targets.port(words[1], via, 1)
      return
    }
    case 'socat':
      for (const word of argv.slice(1)) {
        const match =
          /^(?:tcp4?|tcp6|udp4?|openssl|ssl|socks4a?|proxy)(?:-connect)?:([^:,]{1,253}):(\d{1,5})/i.exec(word)
        if (!match) continue
        targets.host(match[1]!, via, 1)
        targets.port(match[2]!, via, 1)
      }
      return
    case 'curl':
    case 'wget':
    case 'http':
    case 'xh': {
      const values =
        '-o -O -X -H -d -F -u -A -e -b -c -T -x -m -w --output --request --header --data --data-raw --data-binary --form --user --user-agent --max-time --connect-timeout --retry --resolve --cacert --cert --key --proxy -P -i --method -t -T --timeout --tries'
      for (const word of plainWords(argv, values)) {
        if (word.includes('://')) scanText(word, via, 1, targets)
        else {
          const match = /^(?:[^@/]{0,128}@)?(\[[^\]]{2,45}\]|[^:/?#]{1,253})(?::(\d{1,5}))?(?:[/?#]|$)/.exec(
            word,
          )
          if (!match || !/^(?:GET|POST|PUT|DELETE|HEAD|PATCH)?$/.test(match[1]!) === false) continue
          if (!match[1]!.includes('=')) {
            targets.host(match[1]!.replace(/^\[|\]$/g, ''), via, 0.9)
            if (match[2] !== undefined) targets.port(match[2], via, 1)
          }
        }
      }
      const proxyAt = argv.findIndex((word) => word === '-x' || word === '--proxy')
      if (proxyAt > 0) scanText(argv[proxyAt + 1] ?? '', via, 1, targets)
      return
    }
    case 'ping':
    case 'traceroute':
    case 'dig':
    case 'nslookup':
    case 'host':
    case 'whois':
    case 'ftp': {
      const words = plainWords(argv, '-c -w -W -i -s -t -I -m -p -q -b -f -k -y -x')
      for (const word of words.slice(0, 4)) {
        const bare = word.replace(/^@/, '')
        if (/^(?:any|a|aaaa|txt|mx|ns|cname|soa|ptr|srv)$/i.test(bare) || bare.startsWith('+')) continue
        targets.host(bare, via, 0.9)
      }
      return
    }
    case 'openssl': {
      const at = argv.indexOf('-connect')
      if (at > 0) scanText(argv[at + 1] ?? '', via, 1, targets)
      return
    }
    case 'psql':
    case 'mysql':
    case 'redis-cli':
    case 'mongosh':
    case 'mongo':
    case 'ldapsearch': {
      const at = argv.findIndex((word) => word === '-h' || word === '--host' || word === '-H')
      if (at > 0) targets.host(argv[at + 1] ?? '', via, 1)
      const portAt = argv.findIndex((word) => word === '-p' || word === '-P' || word === '--port')
      if (portAt > 0) targets.port(argv[portAt + 1] ?? '', via, 0.9)
    }
  }
}

/** Words that are neither options nor the values of `valued` ones. */
function plainWords(argv: readonly string[], valued: string): string[] {
  const padded = ` ${valued} `
  const words: string[] = []
  for (let i = 1; i < argv.length && words.length < 64; i++) {
    const word = argv[i]!
    if (word.startsWith('-') && word.length > 1) {
      if (padded.includes(` ${word} `)) i++
    } else words.push(word)
  }
  return words
}
