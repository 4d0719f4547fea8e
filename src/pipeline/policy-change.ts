// One destination to be allowed or denied from now on: how a policy's text changes, and what it decides then.

import { OperatorError } from '../base/errors.ts'
import { detectionIds } from '../detections/ids.generated.ts'
import { compilePolicy } from '../policy/compile.ts'
import { withAllowed, withDenied } from '../policy/edit.ts'
import { explainDecision } from '../policy/explain.ts'
import { readHost } from '../policy/hosts.ts'
import { parsePolicy } from '../policy/parse.ts'
import { type Probe, walk } from '../policy/probe.ts'
import { problemText } from '../policy/problems.ts'
import { protocolWords } from '../policy/protocols.ts'
import { ruleItem } from '../policy/suggest-allow.ts'
import type { Policy } from '../schema/policy.ts'
import { lineDiff } from './line-diff.ts'

export interface RuleWish {
  readonly want: 'allow' | 'deny'
  /** A name or an address. */
  readonly host: string
  readonly port?: number
  readonly transport?: 'tcp' | 'udp' | 'icmp'
  /** What was seen there; a word that policies do not know is left out. */
  readonly protocol?: string
}

export interface PolicyChange {
  /** The line that is added below `allow` or `deny`, as YAML without the dash. */
  readonly item: string
  readonly after: string
  /** Unified. */
  readonly diff: string
  /** What is decided about the destination by the text as it is, and as it would be. */
  readonly verdictBefore: Verdict
  readonly verdictAfter: Verdict
  /** How that comes about, line by line. */
  readonly explanation: readonly string[]
}

type Verdict = 'allowed' | 'denied'

/** What a policy that is not there yet begins with. */
const emptyPolicyText = 'version: 1\n'

/**
 * The text (empty when there is none yet) with the rule added, its comments kept, and what it then decides.
 *
 * Throws OperatorError (usage) for a host that is none, for a text that is no sound policy, and for one whose list is
 * written so that it is not changed by a program safely. What stands in the text is told only when it is a policy.
 */
export function changePolicy(text: string, file: string, wish: RuleWish): PolicyChange {
  const host = readHost(wish.host)
  if (host.kind === 'bad') {
    throw new OperatorError('usage', {
      what: 'A rule is for a host name or an address.',
      why: `What was given is neither: ${host.why}.`,
      fix: 'Choose a row with a name that can be looked up, or with an address.',
    })
  }
  const before = text === '' ? emptyPolicyText : text
  const probe = probeOf(wish, host.kind === 'ip' ? host.ip : host.name)
  const old = sound(before, file, 'It is left as it is.')
  const { host: name, port, transport, protocol } = probe
  const item =
    wish.want === 'allow'
      ? ruleItem(name, {
          ...(port !== undefined && { port }),
          ...(transport !== undefined && { transport }),
          ...(protocol !== undefined && { protocol }),
        })
      : ruleItem(name, port === undefined ? {} : { port })
  const after = (wish.want === 'allow' ? withAllowed : withDenied)(before, item)
  if (after === undefined) {
    throw new OperatorError('usage', {
      what: `\`${wish.want}\` of ${file} is written in one line, which a program does not change safely.`,
      fix: `Add this to it by hand: ${item}`,
    })
  }
  const compiled = compilePolicy(sound(after, file, `With ${item} it would not be.`))
  return {
    item,
    after,
    diff: lineDiff(text, after, file),
    verdictBefore: verdictOf(walk(compilePolicy(old), probe).decision.verdict),
    verdictAfter: verdictOf(walk(compiled, probe).decision.verdict),
    explanation: explainDecision(compiled, probe),
  }
}

function probeOf({ port, transport, protocol }: RuleWish, host: string): Probe {
  const word = protocol === 'tls' ? 'https' : protocol
  const known = protocolWords.find((one) => one === word)
  return {
    host,
    ...(port !== undefined && { port }),
    ...(transport !== undefined && { transport }),
    ...(known !== undefined && known !== 'any' && { protocol: known }),
  }
}

/** What is not decided in the end is let through as far as it can be told beforehand. */
function verdictOf(verdict: 'allow' | 'deny' | 'ask-more'): Verdict {
  return verdict === 'deny' ? 'denied' : 'allowed'
}

function sound(text: string, file: string, otherwise: string): Policy {
  const { policy, problems } = parsePolicy(text, file, { detections: detectionIds })
  if (policy) return policy
  const isPolicy = /^["'{]?\s*version\b/m.test(text)
  const errors = problems.filter(({ severity }) => severity === 'error')
  throw new OperatorError('usage', {
    what: `${file} is no sound policy.`,
    why: isPolicy && errors[0] ? problemText(errors[0]) : otherwise,
    fix: `Mend it first: vigiles policy check ${file}`,
  })
}
