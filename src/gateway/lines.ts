// The lines of a connection in the journal, made from what is known of it.

import type { Observed } from '../protocols/sniff.ts'
import type { Decision } from '../schema/decision.ts'
import type { JournalActor, JournalLine, NetworkActivityLine } from '../schema/journal.ts'
import { actRule } from './api.ts'
import type { RequestFacts } from './http-relay.ts'

/** It may be dialled, at this address. */
export function openOf(line: NetworkActivityLine, decision: Decision, ip: string): NetworkActivityLine {
  return {
    ...line,
    dstEndpoint: { ...line.dstEndpoint, ip },
    ...(line.policy === undefined && { policy: policyOf(decision) }),
  }
}

export function refusalOf(line: NetworkActivityLine, decision: Decision): NetworkActivityLine {
  const { wouldBlock: _, ...rest } = line
  return { ...rest, activity: 'refuse', disposition: 'blocked', policy: policyOf(decision) }
}

/** First packets that nobody saw, at most since `sinceMs` (Unix milliseconds). */
export function lostLine(box: string, count: number, sinceMs: number): JournalLine {
  const reason = 'more first packets at once than the kernel keeps for the gateway; they were dropped unseen'
  return unansweredLine(box, count, sinceMs, { tier: 'none' }, 'built-in: packet log', reason)
}

/** First packets of one call that had no room to wait in. */
export function unheardLine(box: string, count: number, sinceMs: number, actor: JournalActor): JournalLine {
  const reason = 'more first packets of one call at once than may wait; they were dropped and not answered'
  return unansweredLine(box, count, sinceMs, actor, 'built-in: turns of calls', reason)
}

function unansweredLine(
  box: string,
  count: number,
  sinceMs: number,
  actor: JournalActor,
  rule: string,
  reason: string,
): JournalLine {
  return {
    class: 'aggregate',
    of: 'network_activity',
    box,
    count,
    firstTime: new Date(sinceMs).toISOString(),
    lastTime: new Date().toISOString(),
    disposition: 'blocked',
    policy: { rule, reason, code: 'fault' },
    actor,
  }
}

export type End = Pick<NetworkActivityLine, 'bytesIn' | 'bytesOut' | 'outcome' | 'bursts' | 'duration'>

/** `cutFor`: why it was ended from here. */
export function closeOf(
  line: NetworkActivityLine,
  end: End,
  cutFor: string | undefined,
): NetworkActivityLine {
  return {
    ...line,
    activity: 'close',
    ...end,
    ...(cutFor !== undefined && { disposition: 'blocked', policy: { rule: actRule, reason: cutFor } }),
  }
}

export function requestLine(
  { box, connection, srcEndpoint, dstEndpoint, actor }: NetworkActivityLine,
  { method, path, host, userAgent }: RequestFacts,
  decision: Decision,
  status: number | undefined,
): JournalLine {
  return {
    class: 'http_activity',
    box,
    connection,
    srcEndpoint,
    dstEndpoint,
    disposition: decision.verdict === 'allow' ? 'allowed' : 'blocked',
    policy: policyOf(decision),
    http: {
      method,
      path,
      ...(host !== undefined && { host }),
      ...(userAgent !== undefined && { userAgent }),
      ...(status !== undefined && { status }),
    },
    actor,
  }
}

/** The lines that say what a connection's bytes are: in the words of its protocol where it has some. */
export function seenLines(
  line: NetworkActivityLine,
  { ssh, http, httpHost, layers, mining }: Observed,
): JournalLine[] {
  if (layers.length === 0 && !mining) return []
  const { box, connection, srcEndpoint, dstEndpoint, disposition, policy, actor } = line
  const common = { box, connection, srcEndpoint, dstEndpoint, disposition, ...(policy && { policy }), actor }
  const traffic = { ...line, activity: 'traffic' as const }
  if (ssh) return [traffic, { ...common, class: 'ssh_activity', ssh }]
  // Requests that are decided one by one have a line each.
  if (!http || (layers.length === 1 && line.disposition === 'allowed')) return [traffic]
  const { method, path, userAgent, status } = http
  return [
    traffic,
    {
      ...common,
      class: 'http_activity',
      http: {
        ...(httpHost !== undefined && { host: httpHost }),
        ...(method !== undefined && { method }),
        ...(path !== undefined && { path }),
        ...(userAgent !== undefined && { userAgent }),
        ...(status !== undefined && { status }),
      },
    },
  ]
}

/** What an SSH client asked for, as far as sizes tell. */
export function listenLine(line: NetworkActivityLine, ssh: NonNullable<Observed['ssh']>): JournalLine {
  const { box, connection, srcEndpoint, dstEndpoint, disposition, policy, actor } = line
  const common = { box, connection, srcEndpoint, dstEndpoint, disposition, ...(policy && { policy }), actor }
  return { ...common, class: 'ssh_activity', ssh: { ...ssh, asksToListen: true } }
}

export function policyOf({ rule, reason, code }: Decision) {
  return { rule, reason, code }
}

/** A refusal of our own making. */
export function fault(code: 'fault' | 'limit', reason: string): Decision {
  return { verdict: 'deny', code, rule: 'built-in: fail closed', reason }
}

export function observedOf(observed: Observed): NonNullable<NetworkActivityLine['observed']> {
  const protocol = observed.layers.at(-1)
  return {
    layers: observed.layers,
    ...(protocol !== undefined && { protocol }),
    ...(observed.sni !== undefined && { sni: observed.sni }),
    ...(observed.alpn !== undefined && { alpn: observed.alpn }),
    ...(observed.ech && { ech: true }),
    ...(observed.httpHost !== undefined && { httpHost: observed.httpHost }),
  }
}
