// The verdict in two sentences.

import type { Severity } from '../schema/event.ts'
import type {
  AttributionSummary,
  HypothesisSummary,
  IncidentSummary,
  InputSummary,
} from '../schema/summary.ts'

/** What the first lines of terminal, summary and report say. */
export function verdictText(
  incidents: readonly IncidentSummary[],
  hypotheses: readonly HypothesisSummary[],
  attribution: AttributionSummary,
  inputs: readonly InputSummary[],
  /** What would have to be supplied before it can be told who did it, as half a sentence; '' when nothing. */
  missing = '',
): string {
  return `${whatHappened(incidents, attribution, inputs)} ${whoDidIt(incidents, hypotheses, attribution, inputs, missing)}`
}

function whatHappened(
  incidents: readonly IncidentSummary[],
  attribution: AttributionSummary,
  inputs: readonly InputSummary[],
): string {
  const calls = inputs.reduce((sum, input) => sum + input.toolCalls, 0)
  if (attribution.events === 0 && calls === 0) return 'Nothing was found that could be investigated.'
  if (attribution.events === 0)
    return `${there(calls, 'tool call')} but no firewall, flow or DNS record to compare them with.`
  if (calls === 0)
    return `${there(attribution.events, 'network event')} but no record of any agent's tool calls${incidents.length === 0 ? '' : `; the network side alone shows ${lowered(incidents[0]!.title)}${incidents.length > 1 ? ` and ${count(incidents.length - 1, 'further incident')}` : ''}`}.`
  const grave = incidents.filter(({ severity }) => isGrave(severity))
  if (incidents.length === 0)
    return `No dangerous behaviour was found in ${count(attribution.events, 'network event')}.`
  const worst = (grave.length > 0 ? grave : incidents)[0]!
  const kinds = [...new Set(incidents.flatMap((incident) => incident.kinds))].filter(
    (kind) => !worst.kinds.includes(kind),
  )
  const words = kinds.map((kind) => kindWords[kind] ?? kind)
  const last = words.length > 1 ? ` and ${words.at(-1)}` : ''
  const beside = words.length === 0 ? '' : `, with ${words.slice(0, last === '' ? 1 : -1).join(', ')}${last}`
  const many = incidents.length === 1 ? '' : `: ${incidents.length} incidents in all`
  const ongoing = incidents.some((incident) => incident.ongoing) ? ', still going on when the logs end' : ''
  return `${worst.title}${beside}${many}${ongoing}.`
}

const kindWords: Readonly<Record<string, string>> = {
  tunnel: 'a tunnel',
  mining: 'cryptomining',
  provisioning: 'unauthorised compute',
  exfiltration: 'exfiltration',
  probing: 'probing',
  alert: 'other alarms',
  other: 'other behaviour',
}

function whoDidIt(
  incidents: readonly IncidentSummary[],
  hypotheses: readonly HypothesisSummary[],
  attribution: AttributionSummary,
  inputs: readonly InputSummary[],
  missing: string,
): string {
  const calls = inputs.reduce((sum, input) => sum + input.toolCalls, 0)
  if (attribution.events > 0 && calls === 0)
    return "Who caused it cannot be told without them: give the agents' traces for the time of these logs."
  if (attribution.events === 0 && calls > 0)
    return 'Give the logs of the firewall, a flow log or a packet capture for the time of these calls.'
  if (attribution.events === 0)
    return 'Give the logs of the firewall, the traces of the agents and, if there is one, the topology file.'
  if (attribution.byIdentity * 2 > attribution.events) {
    const all = attribution.byIdentity === attribution.events
    return `It was recorded outside the sandbox: the kernel names the call of ${all ? `all ${count(attribution.events, 'event')}` : `${attribution.byIdentity.toLocaleString('en-US')} of ${count(attribution.events, 'event')}`}.`
  }
  const supported = hypotheses.find(({ verdict }) => verdict === 'supported')
  const named = `${attribution.attributed} of ${count(attribution.events, 'event')} are attributed to a tool call (p ≥ 0.9) and ${attribution.likely} more are likely (p ≥ 0.5)`
  if (!supported && missing !== '') return `Who caused it cannot be told: ${missing}. ${named}.`
  if (!supported) return `Who caused it cannot be told from these logs: ${named}.`
  const who = {
    'agent-caused': 'The agents caused it',
    'periodic-job': 'A periodic job explains it better than the agents do',
    outside: 'It came from outside, not from the agents',
    background: 'It looks like background traffic that has nothing to do with the agents',
  }[supported.name]
  const steps = incidents.flatMap(({ firstStep }) => (firstStep === null ? [] : [firstStep]))
  const since =
    supported.name === 'agent-caused' && steps.length > 0
      ? `, first at training step ${Math.min(...steps)}`
      : ''
  return `${who}${since}: ${named}${missing === '' ? '' : `; ${missing}`}.`
}

function there(n: number, one: string): string {
  return `There ${n === 1 ? 'is' : 'are'} ${count(n, one)}`
}

/** A title in the middle of a sentence: `Cryptomining by …` but `10.0.0.5 spoke …`, `SSH …`. */
function lowered(title: string): string {
  return /^[A-Z][a-z]/.test(title) ? title[0]!.toLowerCase() + title.slice(1) : title
}

export function isGrave(severity: Severity): boolean {
  return severity === 'high' || severity === 'critical'
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`
}
