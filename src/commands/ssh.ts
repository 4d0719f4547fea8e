// OpenSSH's command line, read as ssh(1) reads it: `ssh host 'ls -R'` asks for no tunnel, `ssh -fNR 1:h:2 x` does.

interface SshForward {
  /** R: the far side can reach in. L: we reach out through it. D: SOCKS. w: a network device. */
  readonly kind: 'R' | 'L' | 'D' | 'w'
  readonly spec: string
  /** Address the listening end binds to, when given. */
  readonly bindHost?: string
  readonly bindPort?: number
  /** Where the tunnel leads; absent for SOCKS (`-D`, and `-R port` alone). */
  readonly host?: string
  readonly port?: number
  readonly socks: boolean
}

export interface SshCommand {
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly forwards: readonly SshForward[]
  /** `-f`, `-o ForkAfterAuthentication=yes`. */
  readonly background: boolean
  /** `-N`, `-o SessionType=none`. */
  readonly noCommand: boolean
  /** `-o` options, names in lower case; the first value of each holds, as in ssh itself. */
  readonly options: Readonly<Record<string, string>>
  /** Hosts of `-J` or ProxyJump, nearest first. */
  readonly jumps: readonly string[]
  readonly configFile?: string
  readonly remoteCommand?: string
}

/** Options that take a value, per ssh(1) of OpenSSH 9.9. */
const valued = 'BbcDEeFIiJLlmOoPpQRSWw'

/** Reads `argv` (program first). Total: what is missing stays absent. */
export function parseSsh(argv: readonly string[]): SshCommand {
  const forwards: SshForward[] = []
  const options: Record<string, string> = Object.create(null)
  const jumps: string[] = []
  let host: string | undefined
  let user: string | undefined
  let port: number | undefined
  let configFile: string | undefined
  let background = false
  let noCommand = false

  function flag(letter: string, value: string): void {
    if (letter === 'R' || letter === 'L' || letter === 'D') forwards.push(parseForward(letter, value))
    else if (letter === 'w') forwards.push({ kind: 'w', spec: value, socks: false })
    else if (letter === 'p') port ??= portOf(value)
    else if (letter === 'l') user ??= value
    else if (letter === 'F') configFile = value
    else if (letter === 'J') jumps.push(...value.split(',').slice(0, 8))
    else if (letter === 'o') option(value)
    else if (letter === 'f') background = true
    else if (letter === 'N') noCommand = true
  }

  function option(text: string): void {
    const match = /^\s*([A-Za-z]{1,40})\s*[= \t]\s*"?(.{0,4096}?)"?\s*$/s.exec(text)
    if (!match) return
    const name = match[1]!.toLowerCase()
    const value = match[2]!
    options[name] ??= value
    // `RemoteForward` takes blanks where `-R` takes a colon: `2222 localhost:22`.
    const spec = value.trim().replace(/\s+/g, ':')
    if (name === 'remoteforward') forwards.push(parseForward('R', spec))
    else if (name === 'localforward') forwards.push(parseForward('L', spec))
    else if (name === 'dynamicforward') forwards.push(parseForward('D', spec))
    else if (name === 'tunnel' && !/^no$/i.test(value))
      forwards.push({ kind: 'w', spec: value, socks: false })
    else if (name === 'port') port ??= portOf(value)
    else if (name === 'user') user ??= value
    else if (name === 'hostname') host ??= value
    else if (name === 'proxyjump' && !/^none$/i.test(value)) jumps.push(...value.split(',').slice(0, 8))
    else if (name === 'forkafterauthentication') background ||= /^yes$/i.test(value)
    else if (name === 'sessiontype') noCommand ||= /^none$/i.test(value)
  }

  let at = 1
  let target: string | undefined
  for (; at < argv.length; at++) {
    const word = argv[at]!
    if (word === '--') {
      at++
      if (target === undefined) target = argv[at++]
      break
    }
    if (word.length > 1 && word.startsWith('-')) {
      for (let i = 1; i < word.length; i++) {
        const letter = word[i]!
        if (!valued.includes(letter)) {
          flag(letter, '')
          continue
        }
        const attached = word.slice(i + 1)
        flag(letter, attached !== '' ? attached : (argv[++at] ?? ''))
        break
      }
      continue
    }
    // ssh goes on reading options after the host, up to the first word of the remote command.
    if (target !== undefined) break
    target = word
  }

  const remote = argv.slice(at).join(' ')
  const destination = parseDestination(target ?? '')
  host ??= destination.host
  user ??= destination.user
  port ??= destination.port
  return {
    ...(host !== undefined ? { host } : {}),
    ...(port !== undefined ? { port } : {}),
    ...(user !== undefined ? { user } : {}),
    ...(configFile !== undefined ? { configFile } : {}),
    ...(remote !== '' ? { remoteCommand: remote } : {}),
    forwards,
    background,
    noCommand,
    options,
    jumps,
  }
}

/** `[user@]host`, `ssh://[user@]host[:port]`. */
function parseDestination(text: string): { host?: string; user?: string; port?: number } {
  const url = text.startsWith('ssh://')
  const bare = url ? text.slice(6).replace(/\/.*$/, '') : text
  const at = bare.lastIndexOf('@')
  const user = at > 0 ? bare.slice(0, at) : undefined
  const rest = bare.slice(at + 1)
  const match = url ? /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(rest) : undefined
  const host = (match ? match[1]! : rest).replace(/^\[|\]$/g, '')
  const port = match?.[2] === undefined ? undefined : portOf(match[2])
  return {
    ...(host !== '' ? { host } : {}),
    ...(user !== undefined ? { user } : {}),
    ...(port !== undefined ? { port } : {}),
  }
}

/** `[bind:]port:host:hostport`, `[bind:]port` (SOCKS), also with socket paths and bracketed addresses. */
function parseForward(kind: 'R' | 'L' | 'D', spec: string): SshForward {
  const parts = splitColons(spec)
  const base = { kind, spec }
  if (kind === 'D' || parts.length <= 2) {
    // `-R 1080`, `-R *:1080` are a SOCKS proxy for the far side; `-R /sock:host:22` has three parts.
    const bindPort = portOf(parts.at(-1) ?? '')
    const bindHost = parts.length === 2 ? parts[0]! : undefined
    return {
      ...base,
      socks: true,
      ...(bindHost ? { bindHost } : {}),
      ...(bindPort !== undefined ? { bindPort } : {}),
    }
  }
  const port = portOf(parts.at(-1)!)
  const host = parts.at(-2)!
  const bindPort = portOf(parts.at(-3)!)
  const bindHost = parts.length > 3 ? parts[0]! : undefined
  return {
    ...base,
    socks: false,
    ...(host !== '' ? { host } : {}),
    ...(port !== undefined ? { port } : {}),
    ...(bindPort !== undefined ? { bindPort } : {}),
    ...(bindHost ? { bindHost } : {}),
  }
}

/** Splits at colons outside brackets; `/` splits as in the old `port/host/hostport` form only without colons. */
function splitColons(spec: string): string[] {
  const parts: string[] = []
  let current = ''
  let bracket = false
  for (const c of spec.slice(0, 1_024)) {
    if (c === '[') bracket = true
    else if (c === ']') bracket = false
    else if (c === ':' && !bracket) {
      parts.push(current)
      current = ''
    } else current += c
  }
  parts.push(current)
  return parts
}

function portOf(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port <= 65_535 ? port : undefined
}
