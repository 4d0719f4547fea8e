// Does what the policy says about a finding, in this order: cut, freeze, keep evidence, kill.

import type { ActRequest, ActResult, Asker } from '../../responses/api.ts'
import type { PolicyMode } from '../../schema/decision.ts'
import type { DetectionFindingLine, JournalLine, JournalResponse } from '../../schema/journal.ts'
import type { FindingResponse } from '../../schema/policy.ts'
import type { LiveFinding } from './detector.ts'

export interface ResponderOptions {
  readonly box: string
  readonly mode: PolicyMode
  readonly record: (line: JournalLine) => void
  readonly act: (request: ActRequest, asker: Asker) => Promise<ActResult>
  readonly responseTo: (finding: DetectionFindingLine['finding']) => FindingResponse
  /** Told of every finding and of what is done about it. */
  readonly onFinding?: (finding: DetectionFindingLine['finding'], response: FindingResponse) => void
}

const asker: Asker = { via: 'policy' }

/** A finding is answered once: what a person let go on is stopped again by another one only. */
export function startResponder(options: ResponderOptions): (found: LiveFinding) => void {
  const done = new Set<string>()
  return ({ finding, units, destinations }) => {
    try {
      options.record({ class: 'detection_finding', box: options.box, finding })
    } catch {} // A full disk keeps nobody from being stopped.
    const response = options.responseTo(finding)
    options.onFinding?.(finding, response)
    // A mode that only watches says what it saw, and leaves the run alone.
    if (options.mode !== 'enforce' || response === 'record' || response === 'alert') return
    const requests = requestsFor(response, units, destinations).filter((request) => {
      const key = JSON.stringify([finding.uid, request])
      const fresh = !done.has(key)
      done.add(key)
      return fresh
    })
    if (requests.length > 0) void respond(options, finding, requests)
  }
}

async function respond(
  options: ResponderOptions,
  finding: DetectionFindingLine['finding'],
  requests: ActRequest[],
) {
  const startedAt = performance.now()
  const responses: JournalResponse[] = []
  for (const request of requests) {
    const { ok, detail } = await options.act(request, asker)
    responses.push({ do: request.act, ok, detail, tookMs: Math.round(performance.now() - startedAt) })
  }
  try {
    options.record({ class: 'detection_finding', box: options.box, finding, responses })
  } catch {} // The acts themselves are in the journal, or nothing can be.
}

function requestsFor(
  response: FindingResponse,
  units: readonly string[],
  destinations: readonly string[],
): ActRequest[] {
  const blocks = destinations.slice(0, 16).map((destination): ActRequest => ({ act: 'block', destination }))
  if (response === 'block') return blocks
  if (response === 'quarantine') return [{ act: 'quarantine' }]
  if (response !== 'freeze' && response !== 'kill') return []
  // Nobody to name: the whole sandbox has to stop.
  const targets: ActRequest[] =
    units.length > 0 ? units.map((call) => ({ act: response, call })) : [{ act: response }]
  return [...targets, ...blocks]
}
