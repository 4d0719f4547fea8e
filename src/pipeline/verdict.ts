// The verdict in two sentences, and the notes on what was missing.

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
): string {
  return `${whatHappened(incidents, attribution, inputs)} ${whoDidIt(incidents, hypotheses, attribution)}`
}

function whatHappened(
  incidents: readonly IncidentSummary[],
  attribution: AttributionSummary,
  inputs: readonly InputSummary[],
): string {
  const calls = inputs.reduce((sum, input) => sum + input.toolCalls, 0)
  if (attribution.events === 0 && calls === 0) return 'Nothing was found that could be investigated.'
  if (attribution.events === 0)
    return `There are ${count(calls, 'tool call')} but no firewall, flow or DNS record to compare them with.`
  if (calls === 0)
    return `There are ${count(attribution.events, 'network event')} but no record of any agent's tool calls.`
  const grave = incidents.filter(({ severity }) => isGrave(severity))
  if (incidents.length === 0)
    return `No dangerous behaviour was found in ${count(attribution.events, 'network event')}.`
  const worst = (grave.length > 0 ? grave : incidents)[0]!
  const others = incidents.length - 1
  const more = others === 0 ? '' : ` and ${count(others, 'further incident')}`
  return `${worst.title}${more}${worst.ongoing ? ', still going on when the logs end' : ''}.`
}

function whoDidIt(
  incidents: readonly IncidentSummary[],
  hypotheses: readonly HypothesisSummary[],
  attribution: AttributionSummary,
): string {
  if (attribution.events === 0)
    return 'Give the logs of the firewall, the traces of the agents and, if there is one, the topology file.'
  const supported = hypotheses.find(({ verdict }) => verdict === 'supported')
  const named = `${attribution.attributed} of ${count(attribution.events, 'event')} are attributed to a tool call (p ≥ 0.9) and ${attribution.likely} more are likely (p ≥ 0.5)`
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
  return `${who}${since}: ${named}.`
}

export function isGrave(severity: Severity): boolean {
  return severity === 'high' || severity === 'critical'
}

export function count(n: number, one: string): string {
  return `${n.toLocaleString('en-US')} ${one}${n === 1 ? '' : 's'}`
}

/** Plain sentences on what is missing from the inputs and what to supply. */
export function inputNotes(inputs: readonly InputSummary[]): string[] {
  const notes: string[] = []
  const unknown = inputs.filter(({ format }) => format === 'unknown')
  const events = inputs.reduce((sum, input) => sum + input.events, 0)
  const calls = inputs.reduce((sum, input) => sum + input.toolCalls, 0)
  const boxes = inputs.reduce((sum, input) => sum + input.boxes, 0)
  if (inputs.length === 0)
    notes.push('No file was found. Give the firewall logs and the agent traces, as files or folders.')
  if (unknown.length > 0) {
    const names = unknown
      .slice(0, 3)
      .map(({ path }) => path)
      .join(', ')
    notes.push(
      `${count(unknown.length, 'file')} of ${inputs.length} could not be recognised (${names}${unknown.length > 3 ? ', …' : ''}). The formats that are read stand in docs/reference/importers.md.`,
    )
  }
  if (events === 0 && inputs.length > 0)
    notes.push(
      'No network, DNS or alert event was read: supply the log of the firewall, a flow log or a packet capture.',
    )
  if (calls === 0 && inputs.length > 0)
    notes.push(
      "No tool call was read: supply the agents' traces (OpenTelemetry, transcripts, rollouts) for the time of the alarms.",
    )
  if (events > 0 && calls > 0 && boxes === 0) {
    notes.push(
      'No topology was given: which sandbox was behind which address is unknown. A topology file, docker inspect, a pod list or a conntrack log makes the answers far more certain.',
    )
  }
  for (const { path, rejected, records } of inputs) {
    if (rejected > 0 && rejected * 5 > records)
      notes.push(`${path}: ${rejected} of ${records} records could not be read; see rejects.jsonl.`)
  }
  return notes
}
