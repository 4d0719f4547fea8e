// What to do about an incident, most urgent first.

import type { Finding } from '../schema/finding.ts'
import type { Incident, IncidentAction } from '../schema/incident.ts'

const actionsMax = 8

/** At most eight actions. `parts` are the incident's findings. */
export function actionsFor(
  incident: Omit<Incident, 'actions'>,
  parts: readonly Finding[],
): readonly IncidentAction[] {
  const { boxes, destinations, episodes, ongoing, kinds, firstStep, policyVersions } = incident
  const has = (pattern: RegExp) => parts.some((f) => pattern.test(f.detection))
  const outside = destinations.filter((d) => !/^(?:169\.254\.|100\.100\.100\.200|fd00:ec2)/.test(d))
  const actions: IncidentAction[] = []
  const add = (what: string, why: string) => actions.push({ do: what, why })

  if (ongoing && boxes.length > 0) {
    add(
      `Freeze ${names(boxes, 'sandbox', 'sandboxes')} without ending ${boxes.length === 1 ? 'it' : 'them'}`,
      'It is still going on, and memory, sockets and processes are evidence.',
    )
  }
  add(
    `Save what expires first: process trees, open sockets, files and logs inside ${boxes.length > 0 ? names(boxes, 'sandbox', 'sandboxes') : 'the sandboxes'}, then the flow and DNS logs around ${timeText(incident.firstUs)}`,
    'Sandboxes are removed with their logs after hours, firewall and DNS logs after days.',
  )
  if (outside.length > 0 && kinds.some((kind) => kind !== 'probing' && kind !== 'provisioning')) {
    add(
      `Block ${list(outside, 4)} at the firewall, in both directions`,
      kinds.includes('tunnel')
        ? 'An outgoing tunnel lets the far side in past every inbound rule.'
        : 'It ends what is going on and shows who else goes there.',
    )
  }
  if (!ongoing && boxes.length > 0) {
    add(
      `Keep ${names(boxes, 'sandbox', 'sandboxes')} from being used again`,
      'What was left behind in it would go on from there.',
    )
  }
  if (has(/metadata/)) {
    add(
      'Rotate the cloud role of these machines and close the metadata address to sandboxes',
      'Whoever read its credentials path holds keys that work from anywhere.',
    )
  }
  if (kinds.includes('provisioning')) {
    add(
      'List what was started in the cloud account, end it, and revoke the key that was used',
      'Machines that were ordered run and cost on after the sandbox is gone.',
    )
  }
  if (kinds.includes('tunnel') || kinds.includes('exfiltration')) {
    add(
      'Rotate SSH keys, tokens and environment secrets that the sandbox could read',
      'Through an open channel they can leave without a trace in the log.',
    )
  }
  if (kinds.includes('mining')) {
    add(
      'Compare CPU and GPU time of these machines with what their tasks needed',
      'It tells how much compute was diverted and whether a miner is still hidden elsewhere.',
    )
  }
  if (episodes.length > 0) {
    const since = firstStep === null ? '' : ` from step ${firstStep} on`
    const policy = policyVersions.length > 0 ? ` (policy ${list(policyVersions, 3)})` : ''
    add(
      `Mask ${names(episodes, 'episode', 'episodes')} in training and hold back checkpoints${since}${policy}`,
      incident.rewarded?.verdict === 'more'
        ? 'The behaviour was rewarded: every further update strengthens it.'
        : 'Until it is understood, no update should learn from it.',
    )
  }
  if (kinds.includes('probing') && boxes.length > 0) {
    add(
      'Check which of the probed services answered, and their own logs',
      'A probe that found something open is followed by its use.',
    )
  }
  return actions.slice(0, actionsMax)
}

function names(items: readonly string[], one: string, many: string): string {
  return items.length === 1
    ? `${one} ${items[0]}`
    : items.length <= 3
      ? `${many} ${items.join(', ')}`
      : `the ${items.length} ${many}`
}

function list(items: readonly string[], max: number): string {
  return items.length <= max
    ? items.join(', ')
    : `${items.slice(0, max).join(', ')} and ${items.length - max} more`
}

function timeText(us: number): string {
  return Number.isFinite(us) && Math.abs(us) < 8.64e21
    ? `${new Date(us / 1000).toISOString().slice(0, 16)}Z`
    : 'that time'
}
