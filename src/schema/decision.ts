// What the policy answers.

import type { AskStage } from './ask.ts'

export type DecisionCode =
  | 'allowed'
  /** No rule opens it: the default. */
  | 'not-listed'
  /** A deny rule matches. */
  | 'deny-rule'
  /** A rule names the host, but not with this port, protocol, transport, method, path, tool or phase. */
  | 'port'
  | 'transport'
  | 'protocol'
  | 'method'
  | 'path'
  | 'tool'
  | 'phase'
  /** A name that cannot be one: control characters, percent signs, user info, labels that are too long. */
  | 'bad-name'
  /** The names of one connection differ, and one of them is not allowed. */
  | 'name-mismatch'
  /** TLS without a server name towards a host that is allowed by name. */
  | 'no-sni'
  /** The name inside is encrypted, so it cannot be checked. */
  | 'ech'
  /** An address was dialled that no rule lists; names do not open addresses. */
  | 'raw-address'
  | 'private-address'
  | 'metadata-address'
  | 'own-address'
  /** Multicast and broadcast. */
  | 'group-address'
  | 'dns-type'
  /** Several readings of a path differ, so that no path rule can vouch for it. */
  | 'ambiguous-path'
  | 'limit'
  /** The question itself was broken; enforcement fails closed. */
  | 'fault'

export interface Decision {
  /** `ask-more`: nothing speaks against it yet; go on, and ask again at the stage `until`. */
  readonly verdict: 'allow' | 'deny' | 'ask-more'
  readonly code: DecisionCode
  /** Which rule decided: `allow api.example.com (policy.yaml:12)`, `preset npm: …`, `default`, `built-in: …`. */
  readonly rule: string
  /** One sentence for people and for the program that was refused; holds no control characters. */
  readonly reason: string
  /** With `ask-more`: the next stage that can settle it. */
  readonly until?: AskStage
  /** With `ask-more`: the request is inside TLS; intercept it, or deny if that can't be done. */
  readonly intercept?: true
  /** The names of this connection where they are not all the same, canonical or escaped; at most five. */
  readonly names?: readonly string[]
}

/** `record` relays what can be relayed, `shadow` too but says what it would have blocked, `enforce` blocks. */
export type PolicyMode = 'record' | 'shadow' | 'enforce'

export const policyModes: readonly PolicyMode[] = ['record', 'shadow', 'enforce']
