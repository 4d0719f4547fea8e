// The sandbox's resolver: every name gets a synthetic address, the denied ones too, and no denied name goes further.

import { isIP } from 'node:net'
import { readDns } from '../protocols/dns.ts'
import { dnsReply, rcodes } from '../protocols/dns-write.ts'
import type { Ask } from '../schema/ask.ts'
import type { Decision } from '../schema/decision.ts'
import type { JournalActor, JournalLine } from '../schema/journal.ts'
import { type Flow, type GatewayOptions, holdsAlways } from './api.ts'
import type { SyntheticNames } from './names.ts'

const ttlSeconds = 60
/** Names that never leave a machine; asked for by every stub resolver. */
const localAnswers: Readonly<Record<string, string>> = { localhost: '127.0.0.1' }

/** The answer to one query, and its line in the journal. Undefined for bytes that are no query. */
export async function answerQuery(
  query: Uint8Array,
  flow: Flow,
  actor: JournalActor,
  context: Pick<Ask, 'tool' | 'toolTier' | 'phase'>,
  names: SyntheticNames,
  {
    box,
    decide,
    forward,
    mode,
    record,
  }: Pick<GatewayOptions, 'box' | 'forward' | 'mode' | 'record'> & { decide(ask: Ask): Decision },
): Promise<Uint8Array | undefined> {
  const question = readDns(query)?.questions[0]
  if (!question) return undefined
  const name = question.name.toLowerCase()
  const decision = decide({ stage: 'name', dnsName: question.name, dnsType: question.type, ...context })
  const denied = decision.verdict === 'deny'
  const enforced = denied && (mode === 'enforce' || holdsAlways(decision))
  const keep = (rcode: string, answers: readonly string[]): boolean => {
    try {
      record(lineOf(box, question, flow, actor, decision, { mode, enforced, rcode, answers }))
      return true
    } catch {
      return false // What can't be recorded is not answered.
    }
  }
  if (question.type === 'PTR') {
    const target = names.nameOf(reverseAddress(name) ?? '')
    const reply =
      target === undefined
        ? dnsReply(query, rcodes.nxDomain)
        : dnsReply(query, rcodes.noError, { name: target, ttlSeconds })
    return keep(target === undefined ? 'NXDOMAIN' : 'NOERROR', target === undefined ? [] : [target])
      ? reply
      : undefined
  }
  if (question.type === 'A') {
    // A name that can be none gets no address: the refusal is the answer.
    const address =
      decision.code === 'bad-name' ? undefined : (localAnswers[name] ?? names.addressOf(name, enforced))
    const rcode = address !== undefined ? 'NOERROR' : decision.code === 'bad-name' ? 'REFUSED' : 'SERVFAIL'
    if (!keep(rcode, address === undefined ? [] : [address])) return undefined
    if (address !== undefined) return dnsReply(query, rcodes.noError, { address, ttlSeconds })
    return dnsReply(query, rcode === 'REFUSED' ? rcodes.refused : rcodes.servFail)
  }
  // An IPv6 or service record would lead round the synthetic address: there are none.
  if (question.type === 'AAAA' || question.type === 'HTTPS' || question.type === 'SVCB') {
    return keep('NOERROR', []) ? dnsReply(query, rcodes.noError) : undefined
  }
  if (enforced || !forward) return keep('REFUSED', []) ? dnsReply(query, rcodes.refused) : undefined
  if (!keep('NOERROR', [])) return undefined
  try {
    return await forward(query)
  } catch {
    return dnsReply(query, rcodes.servFail)
  }
}

function lineOf(
  box: string,
  question: { readonly name: string; readonly type: string },
  flow: Flow,
  actor: JournalActor,
  { verdict, rule, reason, code }: Decision,
  {
    mode,
    enforced,
    rcode,
    answers,
  }: { mode: GatewayOptions['mode']; enforced: boolean; rcode: string; answers: readonly string[] },
): JournalLine {
  const denied = verdict === 'deny'
  return {
    class: 'dns_activity',
    box,
    query: { hostname: question.name, type: question.type },
    answers,
    rcode,
    disposition: enforced ? 'blocked' : 'allowed',
    ...(denied && !enforced && mode === 'shadow' && { wouldBlock: true }),
    policy: { rule, reason, code },
    srcEndpoint: { ip: flow.src.ip, port: flow.src.port },
    dstEndpoint: { ip: flow.dst.ip, port: flow.dst.port },
    actor,
  }
}

/** `4.3.2.1.in-addr.arpa` as the address it asks about. */
function reverseAddress(name: string): string | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name)
  const ip = match ? match.slice(1).reverse().join('.') : ''
  return isIP(ip) === 4 ? ip : undefined
}
