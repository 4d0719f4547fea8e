import { canonicalIp } from '../../base/ip.ts'
import type { Invocation } from '../../commands/parse.ts'
import { defineDetection } from '../api.ts'
import { excerpt, place, whom } from '../words.ts'

const shells =
  /^(?:\/\S{0,64}\/)?(?:ba|z|da|a|k|c|tc)?sh(?:\.exe)?$|^(?:\/\S{0,64}\/)?(?:powershell|cmd)(?:\.exe)?$/
const device = /^\/dev\/(?:tcp|udp)\/([^/\s]{1,253})\/(\d{1,5})$/
const inSh = /\/(?:bin|usr\/bin)\/(?:ba|da|z)?sh\b|\b(?:ba)?sh -i\b|\bcmd(?:\.exe)\b/
/** Program text that connects out… */
const connects =
  /\bconnect\s{0,4}\(|fsockopen|TCPSocket|IO::Socket|\bDial\s{0,4}\(|TcpStream::connect|net\.(?:Socket|createConnection)|stream_socket_client/
/** …names a shell, or runs what it is sent… */
const shellInCode =
  /\/bin\/(?:ba|da|z)?sh\b|["'`](?:ba)?sh["'`]|\bcmd\.exe\b|system\s{0,2}\$_|IO\.popen\s{0,2}\(\s{0,2}(?:cmd|\$_|c\.)|\bIO\.popen\(\$_/
/** …and ties the two together. */
const ties =
  /\bdup2\b|\bfdopen\b|[<>]&(?:\d|%d)|\bSTDIN\b|stdin\s{0,4}=\s{0,4}(?!subprocess|PIPE|DEVNULL|None|sys\b|open\b)\w{1,16}(?:\.fileno)?(?:\(\))?\s{0,4},\s{0,4}stdout|\.Stdin\s{0,4}=|0\s{0,2}=>\s{0,2}\$|\.pipe\s{0,2}\(|from_raw_fd|c\.print|\.gets/

function handsOver(text: string): boolean {
  const head = text.slice(0, 16_384)
  return connects.test(head) && shellInCode.test(head) && ties.test(head)
}

export const reverseShell = defineDetection({
  id: 'tunnel.reverse-shell',
  name: 'Shell handed to another machine',
  kind: 'tunnel',
  severity: 'critical',
  confidence: 0.95,
  attack: ['T1059.004', 'T1095'], // Unix Shell, Non-Application Layer Protocol
  listensTo: ['execute_tool'],
  needs: /\/dev\/(?:tcp|udp)|\b(?:nc|ncat|netcat|busybox|socat|openssl|telnet)\b|\/inet/,
  falsePositives: ['Exercises about reverse shells'],
  blindSpots: ['Compiled programs', 'Shells served by frameworks'],
  response: [
    'Isolate the sandbox',
    'Save its process tree and sockets before ending it',
    'Rotate what it could read',
  ],
  options: {},

  start({ reading }) {
    return (item) => {
      const { invocations, code: texts } = reading(item)
      for (const [i, invocation] of invocations.entries()) {
        const found = judge(invocation, invocations, i)
        if (!found) continue
        const { host, port } = found
        const where = host === undefined ? 'another machine' : place(canonicalIp(host) ?? host, port)
        return {
          title: `${whom(item)} handed a shell to ${where}`,
          why: `\`${excerpt(invocation.argv)}\` ties a shell's input and output to a connection.`,
          evidences: [item],
          ...(host === undefined ? {} : { destinations: [where] }),
        }
      }
      const text = texts.find(handsOver)
      if (text === undefined) return undefined
      const match =
        /["'([]([A-Za-z0-9.:-]{3,253}?)["']\s{0,4},\s{0,4}["']?(\d{1,5})/.exec(text) ??
        /["'](\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})["']/.exec(text) ??
        /\$\w{1,8}\s?=\s?["']([A-Za-z0-9.:-]{3,253})["'];\s?\$\w{1,8}\s?=\s?(\d{1,5})/.exec(text)
      const where = match ? place(canonicalIp(match[1]!) ?? match[1]!, Number(match[2])) : undefined
      return {
        title: `${whom(item)} handed a shell to ${where ?? 'another machine'} from program code`,
        why: 'The program connects out and ties a shell to that connection.',
        evidences: [item],
        ...(where === undefined ? {} : { destinations: [where] }),
      }
    }
  },
})

interface Where {
  readonly host?: string
  readonly port?: number
}

function judge(invocation: Invocation, all: readonly Invocation[], i: number): Where | undefined {
  const { program, argv, redirects } = invocation
  const socket = redirects.map((r) => ({ op: r.op, match: device.exec(r.target) })).find((r) => r.match)
  const where = socket?.match ? { host: socket.match[1]!, port: Number(socket.match[2]) } : undefined
  if (where) {
    // `bash -i >& /dev/tcp/…`. A mere `cat < /dev/tcp/…` only tries a port.
    if (shells.test(program)) return where
    // `exec 5<>/dev/tcp/…; cat <&5 | while read l; do $l …`, `exec 196<>…; sh <&196 >&196`
    if (program === 'exec' && socket?.op === '<>') {
      const later = all.slice(i + 1, i + 12)
      if (later.some((next) => shells.test(next.program) && next.redirects.some((r) => /^[<>]&$/.test(r.op))))
        return where
      if (later.some((next) => next.program.startsWith('$'))) return where
    }
    return undefined
  }
  if (/^(?:nc|ncat|netcat|nc\.traditional|nc\.openbsd|busybox)$/.test(program)) {
    const at = argv.findIndex((word) => /^-[a-z]*[ec]$|^--(?:sh-)?exec$/.test(word))
    const target = ncTarget(argv)
    if (at > 0 && (shells.test(argv[at + 1] ?? '') || inSh.test(argv[at + 1] ?? ''))) return target
    // `sh -i <f 2>&1 | nc h p > f`, `nc h p | sh`
    if (shells.test(invocation.pipedFrom ?? '') && target.host !== undefined && !argv.includes('-z')) {
      const shell = all.slice(Math.max(0, i - 3), i).findLast((before) => shells.test(before.program))
      if (shell && (shell.argv.includes('-i') || shell.redirects.some((r) => r.op === '<'))) return target
      if (shell?.pipedFrom === 'cat' || shell?.pipedFrom === 'nc') return target
    }
  }
  if (shells.test(program) && /^(?:nc|ncat|netcat|telnet)$/.test(invocation.pipedFrom ?? '')) {
    const before = all
      .slice(Math.max(0, i - 3), i)
      .findLast((b) => /^(?:nc|ncat|netcat|telnet)$/.test(b.program))
    if (before && !before.argv.some((word) => /^-[a-z]*l/.test(word))) return ncTarget(before.argv)
  }
  if (program === 'socat') {
    const executes = argv.some((word) => /^(?:exec|system):["']?(?:\/\S*\/)?(?:ba|z|da)?sh\b/i.test(word))
    const out = argv
      .map((word) => /^(?:tcp[46]?|openssl|ssl|udp[46]?)(?:-connect)?:([^:,]{1,253}):(\d{1,5})/i.exec(word))
      .find(Boolean)
    if (executes && out) return { host: out[1]!, port: Number(out[2]) }
  }
  if (program === 'openssl' && argv[1] === 's_client' && shells.test(invocation.pipedFrom ?? '')) {
    const at = argv.indexOf('-connect')
    const [host, port] = (argv[at + 1] ?? '').split(':')
    return at > 0 && host ? { host, port: Number(port) } : {}
  }
  if (/^(?:g|m)?awk$/.test(program)) {
    const match = /\/inet[46]?\/tcp\/0\/([^/\s"]{1,253})\/(\d{1,5})/.exec(argv.join(' '))
    if (match && /\bgetline\b/.test(argv.join(' '))) return { host: match[1]!, port: Number(match[2]) }
  }
  return undefined
}

function ncTarget(argv: readonly string[]): Where {
  const words: string[] = []
  for (let i = 1; i < argv.length; i++) {
    if (/^-[a-z]*[ecwpsixXq]$|^--(?:sh-)?exec$/.test(argv[i]!)) i++
    else if (!argv[i]!.startsWith('-')) words.push(argv[i]!)
  }
  const [host, port] = words
  return host === undefined
    ? {}
    : { host, ...(port !== undefined && /^\d{1,5}$/.test(port) ? { port: Number(port) } : {}) }
}
