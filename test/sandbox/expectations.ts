// What an attempt's program says about itself, and whether the journal agrees.
//
// In comments that begin with `#:` or `//:`:
//   refuse CODE DESTINATION             a connection that was not let out; `host:port`, `host:port/udp`, `host/icmp`
//   open DESTINATION                    one that was
//   cut CODE DESTINATION                one that was let out, until its bytes were seen; `response`: by an act or a budget
//   dns blocked|allowed TYPE NAME       a lookup
//   request blocked|allowed METHOD HOST/PATH   in one that was let out
//   finding DETECTION                   a detection that names this call
//   says REGEX                          what the program printed; `not REGEX`: what it must not
//   local                               it never makes a packet: what is kept of it is the call itself, with its output
//   shared                              others go to the same destinations at the same time
//   in watched|quiet                    in which sandbox; `quiet` has the policy's own answers to findings
//   needs PROGRAM                       which must be there, inside
//   skip REASON                         the machine or the product can't do it
//   hole REASON                         it should hold, and does not yet
//   user-hole REASON                    the same, without root alone

import type { RecordedLine } from '../../src/schema/journal.ts'

export interface Expectation {
  readonly kind: 'refuse' | 'open' | 'cut' | 'dns' | 'request' | 'finding'
  readonly words: readonly string[]
}

export interface Attempt {
  readonly group: number
  /** `07-relays-and-forgery/forged-header` */
  readonly path: string
  readonly name: string
  /** The program. */
  readonly text: string
  readonly expectations: readonly Expectation[]
  readonly says: readonly { readonly pattern: RegExp; readonly wanted: boolean }[]
  readonly local: boolean
  readonly shared: boolean
  readonly sandbox: string
  readonly needs: readonly string[]
  readonly skip: string | undefined
  readonly hole: string | undefined
  /** Without root nobody may be named where somebody should; somebody else never. */
  readonly userHole: string | undefined
}

/** `yes`, `no`, `call` where only the call's own line tells of it, `-` where there is nothing to ask. */
export type Mark = 'yes' | 'no' | 'call' | '-'

export interface Outcome {
  readonly group: number
  readonly name: string
  readonly decided: Mark
  readonly recorded: Mark
  readonly attributed: Mark
  readonly skipped?: string
  readonly hole?: string
  readonly problems: readonly string[]
}

export function readAttempt(path: string, text: string, env: Readonly<Record<string, string>>): Attempt {
  const [folder = '', file = ''] = path.split('/')
  const name = file.replace(/\.\w+$/, '')
  const filled = text.replace(/\$\{?(ID|OUT|PORT_[A-Z]+)\}?/g, (all, key: string) =>
    key === 'ID' ? name : (env[key] ?? all),
  )
  const said = filled.split('\n').flatMap((line) => /^(?:#|\/\/): *(\S+) *(.*)$/.exec(line)?.slice(1) ?? [])
  const pairs = Array.from({ length: said.length / 2 }, (_, i) => [said[2 * i], said[2 * i + 1]] as const)
  const all = (key: string) => pairs.filter(([one]) => one === key).map(([, rest]) => rest ?? '')
  const kinds = ['refuse', 'open', 'cut', 'dns', 'request', 'finding'] as const
  const words = [...kinds, 'says', 'not', 'local', 'shared', 'in', 'needs', 'skip', 'hole', 'user-hole']
  const strange = pairs.find(([key]) => !words.includes(key ?? ''))
  if (strange) throw new Error(`${path}: what is "${strange[0]}"?`)
  return {
    group: Number(folder.slice(0, 2)),
    path,
    name,
    text,
    expectations: pairs.flatMap(([key, rest = '']) => {
      const kind = kinds.find((one) => one === key)
      return kind
        ? [
            {
              kind,
              words: rest
                .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
                  String.fromCharCode(Number.parseInt(hex, 16)),
                )
                .split(' '),
            },
          ]
        : []
    }),
    says: [
      ...all('says').map((source) => ({ pattern: new RegExp(source, 'm'), wanted: true })),
      ...all('not').map((source) => ({ pattern: new RegExp(source, 'm'), wanted: false })),
    ],
    local: all('local').length > 0,
    shared: all('shared').length > 0,
    sandbox: all('in')[0] ?? 'decisions',
    needs: all('needs'),
    skip: all('skip')[0],
    hole: all('hole')[0],
    userHole: all('user-hole')[0],
  }
}

/** `lines`: the whole journal of the attempt's sandbox; `call`: its id there. */
export function judgeAttempt(
  attempt: Attempt,
  lines: readonly RecordedLine[],
  call: string,
  output: string,
): Outcome {
  const problems: string[] = []
  const hole = attempt.hole ?? (process.getuid?.() === 0 ? undefined : attempt.userHole)
  let decided: Mark = 'yes'
  let recorded: Mark = attempt.local ? 'call' : attempt.expectations.length > 0 ? 'yes' : '-'
  let attributed: Mark = attempt.local ? 'call' : attempt.expectations.length > 0 ? 'yes' : '-'
  for (const { pattern, wanted } of attempt.says) {
    if (pattern.test(output) === wanted) continue
    decided = 'no'
    problems.push(
      `it said ${JSON.stringify(output.slice(0, 400))}, ${wanted ? 'not' : 'which is'} ${pattern}`,
    )
  }
  const own = lines.filter((line) => line.class === 'execute_tool' && line.toolCall === call)
  if (!own.some((line) => line.class === 'execute_tool' && line.activity === 'start')) {
    recorded = 'no'
    problems.push('its call is not in the journal')
  }
  for (const one of attempt.expectations) {
    const text = `${one.kind} ${one.words.join(' ')}`
    const near = lines.filter((line) => isAbout(one, line))
    const mine = near.filter((line) => callsOf(line).includes(call))
    if (near.length === 0) {
      recorded = 'no'
      attributed = 'no'
      decided = 'no'
      problems.push(`nothing is recorded of: ${text}`)
      continue
    }
    if (mine.length === 0) {
      attributed = 'no'
      problems.push(
        `${text} is recorded of ${near.map((line) => callsOf(line).join() || 'nobody').join(', ')}`,
      )
    }
    const others = near.filter((line) => !callsOf(line).includes(call))
    if (!attempt.shared && mine.length > 0 && others.length > 0 && one.kind !== 'finding') {
      attributed = 'no'
      problems.push(
        `${text} is also recorded of ${others.map((line) => callsOf(line).join() || 'nobody').join(', ')}`,
      )
    }
    const about = mine.length > 0 ? mine : near
    if (!about.some((line) => isDecided(one, line))) {
      decided = 'no'
      problems.push(`${text} was decided as ${about.map(decisionText).join(' | ').slice(0, 400)}`)
    }
  }
  return {
    group: attempt.group,
    name: attempt.name,
    decided,
    recorded,
    attributed,
    ...(hole !== undefined && { hole }),
    problems,
  }
}

/** Whether a line is of the lookup, connection, request or finding that is meant; not yet what was decided. */
function isAbout({ kind, words }: Expectation, line: RecordedLine): boolean {
  const last = words.at(-1) ?? ''
  if (kind === 'dns') return line.class === 'dns_activity' && isQuery(line.query, words)
  if (kind === 'finding') return line.class === 'detection_finding' && line.finding.detection === words[0]
  if (kind === 'request')
    return (
      line.class === 'http_activity' && `${line.dstEndpoint.hostname ?? ''}${line.http.path ?? ''}` === last
    )
  if (line.class === 'aggregate')
    return kind === 'refuse' && (line.destinations?.first.some((one) => one.startsWith(last)) ?? false)
  return line.class === 'network_activity' && destinationOf(line) === last
}

function isQuery(query: { readonly hostname: string; readonly type?: string }, words: readonly string[]) {
  const wanted = words.slice(2).join(' ')
  const name = query.hostname.toLowerCase()
  return (
    query.type === words[1] && (wanted.startsWith('*') ? name.endsWith(wanted.slice(1)) : name === wanted)
  )
}

function isDecided({ kind, words }: Expectation, line: RecordedLine): boolean {
  if (kind === 'finding' || line.class === 'aggregate') return true
  if (line.class === 'dns_activity') return line.disposition === words[0]
  if (line.class === 'http_activity') return line.disposition === words[0] && line.http.method === words[1]
  if (line.class !== 'network_activity') return false
  if (kind === 'open') return line.activity === 'open' && line.disposition === 'allowed'
  const codes = (words[0] ?? '').split('|')
  const blocked =
    line.disposition === 'blocked' && codes.includes(line.policy?.code ?? line.policy?.rule ?? '')
  return blocked && (kind === 'refuse') === (line.activity === 'refuse')
}

function destinationOf(line: RecordedLine & { class: 'network_activity' }): string {
  const { ip, port, hostname } = line.dstEndpoint
  const host = hostname ?? ip
  const transport = line.transport ?? 'tcp'
  if (transport === 'tcp') return `${host}:${port}`
  return transport === 'udp' ? `${host}:${port}/udp` : `${host}/${transport}`
}

function callsOf(line: RecordedLine): readonly string[] {
  if (line.class === 'detection_finding') return line.finding.toolCalls ?? []
  if (!('actor' in line)) return []
  const { toolCall, tier } = line.actor
  return toolCall !== undefined && tier === 'identity' ? [toolCall] : []
}

function decisionText(line: RecordedLine): string {
  if (line.class === 'network_activity')
    return `${line.activity} ${line.disposition} ${line.policy?.code ?? ''} (${line.policy?.reason ?? ''})`
  if (line.class === 'dns_activity') return `${line.disposition} ${line.policy?.code ?? ''}`
  if (line.class === 'http_activity')
    return `${line.disposition} ${line.http.method ?? ''} ${line.policy?.code ?? ''}`
  return line.class
}
