// Findings that share a cause become one incident: the same call, the same sandbox and destination, or several
// sandboxes of one run that do the same with the same destination.

import { canonicalIp, isInternal } from '../base/ip.ts'
import { type Severity, severities } from '../schema/event.ts'
import type { Finding, FindingKind } from '../schema/finding.ts'
import type { Incident, RewardSummary } from '../schema/incident.ts'
import { actionsFor } from './incident-actions.ts'
import { detections } from './registry.generated.ts'

/** What is known of a call beyond its index. */
export interface CallFacts {
  readonly run?: string
  readonly episode?: string
  readonly step?: number
  readonly policyVersion?: string
  readonly box?: string
}

interface EpisodeReward {
  readonly run?: string
  readonly episode: string
  readonly reward: number
}

export interface IncidentLookups {
  call(index: number): CallFacts | undefined
  /** Run of a sandbox, for findings that name no call. */
  runOfBox?(box: string): string | undefined
  /** The event's connection was never seen to end. */
  isOpen?(event: number): boolean
  /** Every episode that carries a reward. */
  readonly rewards: readonly EpisodeReward[]
  /** First and last moment of the whole log, µs. */
  readonly firstUs: number
  readonly lastUs: number
}

/** Lists in an incident are cut at these; `occurrences` still counts everything. */
const incidentLimits = { toolCalls: 1_000, episodes: 1_000, destinations: 256, boxes: 1_000 } as const

/** Groups of less than this are left as findings. */
const severityMin: Severity = 'medium'
/** A short log ends soon after everything in it: what counts is a share of its length, at most half an hour. */
const ongoingMaxUs = 1_800_000_000
const ongoingShare = 0.05

/** The incidents of a case, gravest first, then by time. */
export function groupIncidents(findings: readonly Finding[], lookups: IncidentLookups): Incident[] {
  const groups = new Map<number, number[]>()
  const root = unite(findings, lookups)
  for (let i = 0; i < findings.length; i++) {
    const r = root(i)
    const list = groups.get(r)
    if (list) list.push(i)
    else groups.set(r, [i])
  }
  const incidents: Incident[] = []
  for (const members of groups.values()) {
    const incident = toIncident(members, findings, lookups)
    if (rank(incident.severity) >= rank(severityMin)) incidents.push(incident)
  }
  return incidents.sort(
    (a, b) =>
      rank(b.severity) - rank(a.severity) ||
      b.confidence - a.confidence ||
      b.occurrences - a.occurrences ||
      a.firstUs - b.firstUs ||
      (a.uid < b.uid ? -1 : 1),
  )
}

/** Union-find over everything findings may share. */
function unite(findings: readonly Finding[], lookups: IncidentLookups): (i: number) => number {
  const parent = findings.map((_, i) => i)
  function root(i: number): number {
    let r = i
    while (parent[r] !== r) r = parent[r]!
    for (let k = i; parent[k] !== r; ) {
      const next = parent[k]!
      parent[k] = r
      k = next
    }
    return r
  }
  const owners = new Map<string, number>()
  function claim(key: string, i: number): void {
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, i)
    else {
      const [a, b] = [root(owner), root(i)]
      parent[Math.max(a, b)] = Math.min(a, b)
    }
  }
  const runs = findings.map((finding) => runOf(finding, lookups))
  // Some traces name no run: where the case knows of one only, it is theirs too.
  const known = new Set(runs.filter((run) => run !== ''))
  const [onlyRun] = known.size === 1 ? known : []
  for (const [i, finding] of findings.entries()) {
    // Weak findings may join a group by their call; they do not tie groups together by destination alone.
    const weak = rank(finding.severity) < rank('medium') && finding.confidence < 0.5
    for (const call of finding.toolCalls) claim(`call ${call}`, i)
    for (const event of finding.events) claim(`event ${event}`, i)
    const run = runs[i] || (onlyRun ?? '')
    for (const host of new Set(finding.destinations.map(hostOf))) {
      if (finding.box !== undefined) claim(`box ${finding.box} ${host}`, i)
      if (weak) continue
      // Inside, many things live at one address, and everyone knows the metadata service.
      const ip = canonicalIp(host)
      const shared = ip !== undefined && isInternal(ip)
      claim(`run ${run} ${shared ? `${finding.kind} ` : ''}${host}`, i)
    }
  }
  return root
}

function toIncident(
  members: readonly number[],
  findings: readonly Finding[],
  lookups: IncidentLookups,
): Incident {
  const parts = members.map((i) => findings[i]!)
  const toolCalls = [...new Set(parts.flatMap((f) => f.toolCalls))].sort((a, b) => a - b)
  const facts = toolCalls.map((call) => lookups.call(call)).filter((f) => f !== undefined)
  const episodes = unique(facts.map((f) => f.episode))
  const boxes = unique([...parts.map((f) => f.box), ...facts.map((f) => f.box)])
  const steps = facts.map((f) => f.step).filter((step) => step !== undefined)
  const policyVersions = unique(facts.map((f) => f.policyVersion))
  const kinds = kindsOf(parts)
  const { severity, confidence } = fuse(parts)
  const destinations = byWeight(parts)
  const firstUs = parts.reduce((us, f) => Math.min(us, f.firstUs), Number.POSITIVE_INFINITY)
  const lastUs = parts.reduce((us, f) => Math.max(us, f.lastUs), Number.NEGATIVE_INFINITY)
  const slackUs = Math.min(ongoingMaxUs, ongoingShare * (lookups.lastUs - lookups.firstUs))
  const ongoing =
    lookups.lastUs - lastUs <= slackUs ||
    parts.some((f) => f.kind !== 'probing' && f.events.some((event) => lookups.isOpen?.(event) === true))
  const rewarded = rewardOf(facts, lookups.rewards)
  const base = {
    uid: stableId(parts),
    title: titleOf(parts, kinds, boxes, destinations),
    severity,
    confidence,
    kinds,
    firstUs,
    lastUs,
    ongoing,
    toolCalls: toolCalls.slice(0, incidentLimits.toolCalls),
    boxes: boxes.slice(0, incidentLimits.boxes),
    episodes: episodes.slice(0, incidentLimits.episodes),
    firstStep: steps.length === 0 ? null : steps.reduce((a, b) => Math.min(a, b)),
    policyVersions,
    rewarded,
    destinations: destinations.slice(0, incidentLimits.destinations),
    findings: members,
    occurrences: parts.reduce((sum, f) => sum + 1 + (f.repeats ?? 0), 0),
  }
  return { ...base, actions: actionsFor(base, parts) }
}

const familyById = new Map(
  detections.map(({ id, listensTo }) => [
    id,
    listensTo.includes('execute_tool')
      ? 'call'
      : listensTo.includes('api_activity') && listensTo.length === 1
        ? 'cloud'
        : 'network',
  ]),
)

/**
 * Noisy-OR over independent kinds of evidence: what the agent said it does, what the network saw, what the cloud
 * wrote down. Two that agree, or one that is near-certain, raise the gravest finding by one level.
 */
function fuse(parts: readonly Finding[]): { severity: Severity; confidence: number } {
  const best = new Map<string, number>()
  for (const { detection, confidence, severity } of parts) {
    const family = familyById.get(detection) ?? 'network'
    // What is only worth a low finding lends little to a grave one.
    const weight = rank(severity) >= rank('medium') ? confidence : confidence * 0.5
    best.set(family, Math.max(best.get(family) ?? 0, weight))
  }
  const confidence = 1 - [...best.values()].reduce((rest, p) => rest * (1 - p), 1)
  const gravest = parts.reduce<Severity>(
    (s, f) => (rank(f.severity) > rank(s) ? f.severity : s),
    'informational',
  )
  const agreeing = [...best.values()].filter((p) => p >= 0.5).length
  // The commands behind it are known and read harmless (`ssh -L`): an alarm of the middle sort is explained.
  const calls = parts.filter((f) => familyById.get(f.detection) === 'call')
  if (gravest === 'medium' && calls.length > 0 && calls.every((f) => rank(f.severity) <= rank('low'))) {
    return { severity: 'low', confidence: Math.round(confidence * 1000) / 1000 }
  }
  const raise = agreeing >= 2 && confidence >= 0.9 && rank(gravest) >= rank('medium')
  return {
    severity: raise ? severities[Math.min(severities.length - 1, rank(gravest) + 1)]! : gravest,
    confidence: Math.round(confidence * 1000) / 1000,
  }
}

function kindsOf(parts: readonly Finding[]): FindingKind[] {
  const order: FindingKind[] = [
    'mining',
    'tunnel',
    'provisioning',
    'exfiltration',
    'probing',
    'other',
    'alert',
  ]
  const seen = new Set(
    parts.filter((f) => rank(f.severity) >= rank('medium') || parts.length === 1).map((f) => f.kind),
  )
  const kinds = order.filter((kind) => seen.has(kind))
  // What the firewall could not name is named by the rest.
  return kinds.length > 1 ? kinds.filter((kind) => kind !== 'alert') : kinds.length === 1 ? kinds : ['other']
}

const kindWords: Readonly<Record<FindingKind, string>> = {
  mining: 'Cryptomining',
  tunnel: 'Tunnel',
  provisioning: 'Unauthorised compute',
  exfiltration: 'Data sent out',
  probing: 'Probing',
  other: 'Odd behaviour',
  alert: 'Firewall alarms',
}

function titleOf(
  parts: readonly Finding[],
  kinds: readonly FindingKind[],
  boxes: readonly string[],
  destinations: readonly string[],
): string {
  const [only] = parts
  if (parts.length === 1 && only) return only.title
  const words = kinds.map((kind, i) => (i === 0 ? kindWords[kind] : lowerFirst(kindWords[kind])))
  const what = words.length < 3 ? words.join(' and ') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
  const who =
    boxes.length === 0 ? '' : boxes.length === 1 ? ` by ${boxes[0]}` : ` by ${boxes.length} sandboxes`
  const [first] = destinations
  const more = new Set(destinations.map(hostOf)).size - 1
  const where = first === undefined ? '' : ` → ${first}${more > 0 ? ` and ${more} more` : ''}`
  return `${what}${who}${where}`
}

/** Destinations, those of the gravest findings first. */
function byWeight(parts: readonly Finding[]): string[] {
  const weight = new Map<string, number>()
  for (const { destinations, severity, confidence } of parts) {
    const share = (10 ** rank(severity) * confidence) / Math.sqrt(Math.max(1, destinations.length))
    for (const destination of destinations) weight.set(destination, (weight.get(destination) ?? 0) + share)
  }
  return [...weight].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([destination]) => destination)
}

function rewardOf(facts: readonly CallFacts[], rewards: readonly EpisodeReward[]): RewardSummary | null {
  const involved = new Set(
    facts.filter((f) => f.episode !== undefined).map((f) => episodeKey(f.run, f.episode!)),
  )
  const runs = new Set(facts.map((f) => f.run ?? ''))
  const own: number[] = []
  const others: number[] = []
  const seen = new Set<string>()
  for (const { run, episode, reward } of rewards) {
    const key = episodeKey(run, episode)
    if (seen.has(key) || !Number.isFinite(reward)) continue
    seen.add(key)
    if (involved.has(key)) own.push(reward)
    else if (runs.has(run ?? '')) others.push(reward)
  }
  if (own.length === 0) return null
  const a = moments(own)
  if (others.length === 0) {
    return {
      mean: a.mean,
      otherMean: null,
      episodes: own.length,
      otherEpisodes: 0,
      verdict: 'too few to tell',
      text: `Mean reward ${round(a.mean)} in ${own.length} episode${own.length === 1 ? '' : 's'}; there is none to compare with.`,
    }
  }
  const b = moments(others)
  const spread = Math.sqrt(a.variance / own.length + b.variance / others.length)
  const z =
    spread === 0
      ? a.mean === b.mean
        ? 0
        : Number.POSITIVE_INFINITY * Math.sign(a.mean - b.mean)
      : (a.mean - b.mean) / spread
  const verdict =
    own.length < 3 || others.length < 3 ? 'too few to tell' : z >= 2 ? 'more' : z <= -2 ? 'less' : 'alike'
  const lead = {
    more: 'Yes, more than others',
    less: 'No, less than others',
    alike: 'No more and no less than others',
    'too few to tell': 'Too few episodes to tell',
  }[verdict]
  return {
    mean: a.mean,
    otherMean: b.mean,
    episodes: own.length,
    otherEpisodes: others.length,
    verdict,
    text: `${lead}: mean reward ${round(a.mean)} in ${own.length} episode${own.length === 1 ? '' : 's'} against ${round(b.mean)} in ${others.length} others.`,
  }
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return { mean, variance: values.length > 1 ? squares / (values.length - 1) : 0 }
}

function runOf(finding: Finding, lookups: IncidentLookups): string {
  for (const call of finding.toolCalls) {
    const run = lookups.call(call)?.run
    if (run !== undefined) return run
  }
  return (finding.box === undefined ? undefined : lookups.runOfBox?.(finding.box)) ?? ''
}

/** The host of `host:port`, `[v6]:port` or a bare name. */
export function hostOf(destination: string): string {
  const match = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(destination)
  if (match) return match[1]!
  return destination.split(':').length > 2 ? destination : destination.replace(/:\d{1,5}$/, '')
}

/** FNV-1a, twice 32 bits: names an incident, protects nothing. */
function stableId(parts: readonly Finding[]): string {
  const text = parts
    .map((f) => `${f.detection}|${f.box ?? ''}|${f.firstUs}|${f.destinations.join(',')}|${f.title}`)
    .sort()
    .join('\n')
  let a = 0x811c9dc5
  let b = 0x050c5d1f
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 0x01000193)
    b = Math.imul(b ^ (c + i), 0x01000193)
  }
  return `inc-${hex(a)}${hex(b)}`
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

function unique(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((v) => v !== undefined && v !== ''))] as string[]
}

function episodeKey(run: string | undefined, episode: string): string {
  return `${run ?? ''}\u0000${episode}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}

function rank(severity: Severity): number {
  return severities.indexOf(severity)
}
