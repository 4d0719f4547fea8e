// May this go on? Pure, total and quick: the gateway asks it for every lookup, connection and request.
//
// An allow rule has to fit; deny wins; every name of a connection is judged and the worst judgement stands.

import { embeddedV4 } from '../base/cidr.ts'
import { canonicalIp } from '../base/ip.ts'
import { plain } from '../base/terminal.ts'
import type { Ask, AskStage } from '../schema/ask.ts'
import type { Decision, DecisionCode } from '../schema/decision.ts'
import { listsOnPurpose, type SpecialAddress, specialAddress } from './addresses.ts'
import { type CompiledPolicy, type CompiledRule, rulesForIp, rulesForName } from './compile.ts'
import { allowFits, denyFits, type Fit } from './fits.ts'
import { readHost, readHostPort } from './hosts.ts'

/** What one name or address of the ask is. */
export type Subject =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'ip'; readonly text: string; readonly special: SpecialAddress | undefined }

/**
 * Decides one ask. Never throws: what cannot be judged is denied with code `fault`. The same ask gives the same
 * decision; limits over time are the meter's (policy/meter.ts).
 */
export function decide(compiled: CompiledPolicy, ask: Ask): Decision {
  try {
    return judge(compiled, ask)
  } catch (error) {
    const what = error instanceof Error ? error.message : 'unknown'
    return deny('fault', 'built-in: fail closed', `the policy could not judge it (${plain(what, 80)})`)
  }
}

function judge(compiled: CompiledPolicy, ask: Ask): Decision {
  const read = subjectsOf(compiled, ask)
  if ('verdict' in read) return read
  const { subjects, judged } = read
  let worst: Decision | undefined
  for (const subject of subjects) {
    const one = judgeSubject(compiled, ask, subject)
    if (worst === undefined || rank(one) < rank(worst)) worst = one
    if (worst.verdict === 'deny') break
  }
  if (worst === undefined) return deny('fault', 'built-in: fail closed', 'it names no host and no address')
  if (worst.verdict !== 'deny' && ask.resolved !== undefined) {
    const refused = judgeResolved(compiled, ask, subjects, ask.resolved)
    if (refused) return refused
  }
  if (judged.length < 2) return worst
  const names = judged.slice(0, 5)
  if (worst.verdict !== 'deny') return { ...worst, names }
  // A name that nobody would have asked about had the others been honest.
  const code = worst.code === 'not-listed' || worst.code === 'raw-address' ? 'name-mismatch' : worst.code
  const reason =
    code === 'name-mismatch' ? `its names differ (${names.join(', ')}): ${worst.reason}` : worst.reason
  return { ...worst, code, reason, names }
}

/** deny before ask-more before allow; of two that need more, the earlier stage first. */
function rank({ verdict, until, intercept }: Decision): number {
  if (verdict === 'deny') return 0
  if (verdict === 'allow') return 9
  return (until === 'request' ? 3 : 1) + (intercept ? 0 : 1)
}

/** Every distinct name and address the ask speaks of, or the refusal of one that can be none. */
function subjectsOf(
  compiled: CompiledPolicy,
  ask: Ask,
): { subjects: Subject[]; judged: string[] } | Decision {
  const subjects: Subject[] = []
  const judged: string[] = []
  const add = (kind: 'name' | 'ip', text: string) => {
    if (judged.includes(text)) return
    judged.push(text)
    subjects.push(
      kind === 'name' ? { kind, text } : { kind, text, special: specialAddress(text, compiled.own) },
    )
  }
  if (ask.ip !== undefined) {
    const ip = canonicalIp(ask.ip)
    if (ip === undefined) return badName({ why: 'it is no address', shown: plain(ask.ip, 120) }, 'address')
    add('ip', ip)
  }
  for (const field of ['dnsName', 'connectName', 'sni', 'httpHost', 'authority'] as const) {
    const text = ask[field]
    if (text === undefined) continue
    const host = field === 'httpHost' || field === 'authority' ? readHostPort(text).host : readHost(text)
    if (host.kind === 'bad') return badName(host, fieldWords[field])
    add(host.kind, host.kind === 'ip' ? host.ip : host.name)
  }
  // An absolute target, as proxies are sent, names a host of its own.
  const target = ask.path?.startsWith('/') ? undefined : absoluteTarget.exec(ask.path ?? '')?.[1]
  if (target !== undefined) {
    const { host } = readHostPort(target)
    if (host.kind === 'bad') return badName(host, 'host of the request target')
    add(host.kind, host.kind === 'ip' ? host.ip : host.name)
  }
  return { subjects, judged }
}

const absoluteTarget = /^[a-z][a-z0-9+.-]{0,30}:\/\/([^/?#]{0,1024})/is

const fieldWords = {
  dnsName: 'name asked for',
  connectName: 'name given to the proxy',
  sni: 'TLS server name',
  httpHost: 'Host header',
  authority: "request's authority",
} as const

function badName({ why, shown }: { why: string; shown: string }, what: string): Decision {
  return deny('bad-name', 'built-in: host names', `the ${what} "${shown}" is refused: ${why}`)
}

function judgeSubject(compiled: CompiledPolicy, ask: Ask, subject: Subject): Decision {
  const intercepted = subject.kind === 'name' && compiled.intercept.hasName(subject.text)
  const context = { compiled, ask, subject, intercepted, tool: knownTool(compiled, ask) }
  let pending: { fit: Fit; rule: CompiledRule } | undefined
  let denied: CompiledRule | undefined
  const rulesFor = subject.kind === 'name' ? rulesForName : rulesForIp
  const againstIt = (rule: CompiledRule) => {
    const fit = denyFits(rule, context)
    if (fit.is === 'yes') denied = rule
    else if (fit.is === 'later') pending = { fit, rule }
    return denied !== undefined
  }
  rulesFor(compiled.deny, subject.text, againstIt)
  const v4 = subject.kind === 'ip' ? embeddedV4(subject.text) : undefined
  if (v4 !== undefined && denied === undefined) rulesForIp(compiled.deny, v4, againstIt)
  if (denied !== undefined) return denyByRule(denied, subject)
  let best: { fit: Fit; rule: CompiledRule } | undefined
  rulesFor(compiled.allow, subject.text, (rule) => {
    const fit = allowFits(rule, context)
    if (best === undefined || goodness(fit) > goodness(best.fit)) best = { fit, rule }
    return fit.is === 'yes'
  })
  return conclude(subject, ask, best, pending)
}

function denyByRule({ id, rule }: CompiledRule, { text }: Subject): Decision {
  return deny('deny-rule', id, `${text} is denied${rule.why === undefined ? '' : `: ${rule.why}`}`)
}

type Weighed = { readonly fit: Fit; readonly rule: CompiledRule } | undefined

function conclude(subject: Subject, ask: Ask, best: Weighed, pending: Weighed): Decision {
  const { text } = subject
  if (best === undefined) {
    if (subject.kind === 'name') {
      return deny(
        'not-listed',
        'default',
        `no rule opens ${text}${ask.port === undefined ? '' : `:${ask.port}`}`,
      )
    }
    if (subject.special) {
      return deny(subject.special.code, 'built-in: special addresses', `${text} is ${subject.special.what}`)
    }
    return deny('raw-address', 'default', `no rule lists the address ${text}; names do not open addresses`)
  }
  const { fit, rule } = best
  if (fit.is === 'no') return deny(fit.code, rule.id, `${text}: ${fit.why}`)
  const reason = rule.rule.why ?? `${text} is listed`
  const later = pending?.fit.is === 'later' ? pending.fit : undefined
  if (fit.is === 'yes' && later === undefined)
    return { verdict: 'allow', code: 'allowed', rule: rule.id, reason }
  const mine = fit.is === 'later' ? fit : undefined
  const until = mine?.until === 'bytes' || later?.until === 'bytes' ? 'bytes' : 'request'
  const intercept = until === 'request' && (mine?.intercept || later?.intercept)
  return {
    verdict: 'ask-more',
    code: 'allowed',
    rule: rule.id,
    reason,
    until: until satisfies AskStage,
    ...(intercept && { intercept: true }),
  }
}

/** How near a rule comes to opening it; the nearest one is named. */
function goodness(fit: Fit): number {
  if (fit.is === 'yes') return 100
  if (fit.is === 'later') return fit.until === 'bytes' ? 90 : fit.intercept ? 70 : 80
  return nearness.indexOf(fit.code)
}

const nearness: readonly DecisionCode[] = [
  'private-address',
  'metadata-address',
  'own-address',
  'group-address',
  'phase',
  'tool',
  'transport',
  'port',
  'dns-type',
  'protocol',
  'no-sni',
  'ech',
  'method',
  'path',
  'ambiguous-path',
]

/** The address that a name led to: closed when it is a special one that nobody listed, or when it is denied. */
function judgeResolved(
  compiled: CompiledPolicy,
  ask: Ask,
  subjects: readonly Subject[],
  resolved: string,
): Decision | undefined {
  const ip = canonicalIp(resolved)
  if (ip === undefined) return deny('fault', 'built-in: fail closed', 'the resolver gave no address')
  const special = specialAddress(ip, compiled.own)
  const subject: Subject = { kind: 'ip', text: ip, special }
  const context = { compiled, ask, subject, intercepted: false, tool: knownTool(compiled, ask) }
  let decision: Decision | undefined
  const againstIt = (rule: CompiledRule) => {
    // `any` speaks of names; it was asked about the name itself.
    if (rule.rule.host.kind === 'ip' && denyFits(rule, context).is === 'yes')
      decision = denyByRule(rule, subject)
    return decision !== undefined
  }
  rulesForIp(compiled.deny, ip, againstIt)
  const v4 = embeddedV4(ip)
  if (v4 !== undefined && decision === undefined) rulesForIp(compiled.deny, v4, againstIt)
  if (decision || special === undefined) return decision
  if (compiled.private.rangesWith(ip).some((range) => listsOnPurpose(range, special))) return undefined
  const byName = special.code === 'private-address'
  const names = subjects.filter(({ kind }) => kind === 'name')
  if (byName && names.length > 0 && names.every(({ text }) => compiled.private.hasName(text)))
    return undefined
  let listed = false
  rulesForIp(compiled.allow, ip, (rule) => {
    listed = allowFits(rule, context).is !== 'no'
    return listed
  })
  if (listed) return undefined
  const whose = names[0]?.text ?? 'it'
  return deny(special.code, 'built-in: special addresses', `${whose} leads to ${ip}, ${special.what}`)
}

/** The tool, where something that cannot be forged says so, or the policy trusts what can. */
function knownTool({ policy }: CompiledPolicy, { tool, toolTier }: Ask): string | undefined {
  return toolTier === 'identity' || policy.toolLabels === 'trusted' ? tool : undefined
}

function deny(code: DecisionCode, rule: string, reason: string): Decision {
  return { verdict: 'deny', code, rule, reason }
}
