// Whether a line of a case's file is what it should be, as far as readers go by it. Cases come from elsewhere too.

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number'
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

function withMembers(members: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(members)
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    checks.every(([key, check]) => check((value as Readonly<Record<string, unknown>>)[key]))
}

const event = withMembers({
  uid: isText,
  file: isText,
  line: isNumber,
  time: isText,
  sourceTime: isText,
  class: isText,
  src: isText,
  dst: isText,
  port: orNull(isNumber),
  name: orNull(isText),
  disposition: orNull(isText),
  rule: orNull(isText),
})

const evidence = withMembers({ kind: isText, logOdds: isNumber, text: isText })

/** By file. */
export const caseShapes = {
  'attributions.jsonl': withMembers({
    event,
    verdict: isText,
    toolCall: orNull(isText),
    p: isNumber,
    pNone: isNumber,
    pOther: isNumber,
    noneSplit: withMembers({}),
    tier: isText,
    candidates: listOf(withMembers({ toolCall: isText, p: isNumber, evidence: listOf(evidence) })),
  }),
  'findings.jsonl': withMembers({
    finding_info: withMembers({ uid: isText, title: isText, analytic: withMembers({ uid: isText }) }),
    severity: isText,
    unmapped: withMembers({ toolCalls: listOf(isText), events: listOf(isText) }),
  }),
  'toolcalls.jsonl': withMembers({
    uid: isText,
    name: isText,
    command: isText,
    start: isText,
    end: orNull(isText),
  }),
  'incidents.jsonl': withMembers({
    uid: isText,
    title: isText,
    severity: isText,
    kinds: listOf(isText),
    firstSeen: isText,
    lastSeen: isText,
    toolCalls: listOf(isText),
    findings: listOf(isText),
  }),
} satisfies Readonly<Record<string, Check>>
