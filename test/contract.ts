// Checks a case folder against what scripts outside this repository rely on.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { z } from 'zod'

const iso = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/)
const text = z.string().min(1)
const whole = z.int().nonnegative()
const share = z.number().min(0).max(1)
const severity = z.enum(['critical', 'high', 'medium', 'low', 'informational'])

const Input = z.looseObject({
  path: text,
  format: text,
  records: whole,
  events: whole,
  toolCalls: whole,
  boxes: whole,
  episodes: whole,
  rejected: whole,
  firstTime: iso.nullable(),
  lastTime: iso.nullable(),
})

const Incident = z.looseObject({
  uid: text,
  title: text,
  severity,
  kinds: z.array(text),
  firstSeen: iso,
  lastSeen: iso,
  ongoing: z.boolean(),
  toolCalls: z.array(text),
  episodes: z.array(text),
  firstStep: whole.nullable(),
  destinations: z.array(text),
  findings: z.array(text).min(1),
  actions: z.array(z.looseObject({ do: text, why: text })).min(1),
})

const Summary = z.looseObject({
  _schema: z.literal('vigiles/summary/v1'),
  verdict: text,
  inputs: z.array(Input),
  clocks: z.array(
    z.looseObject({
      domain: text,
      offsetMs: z.number(),
      driftPpm: z.number(),
      z: z.number(),
      sdMs: z.number().nonnegative(),
      aligned: z.boolean(),
    }),
  ),
  findings: z.record(severity, whole),
  incidents: z.array(Incident),
  hypotheses: z.array(
    z.looseObject({
      name: z.enum(['agent-caused', 'periodic-job', 'outside', 'background']),
      score: z.number(),
      pValue: share,
      verdict: z.enum(['supported', 'rejected', 'undecided']),
    }),
  ),
  attribution: z.looseObject({
    events: whole,
    attributed: whole,
    likely: whole,
    notAttributable: whole,
    byIdentity: whole,
    expectedByChance: z.number().nonnegative(),
  }),
  notes: z.array(text),
})

const Attribution = z.looseObject({
  _schema: z.literal('vigiles/attribution/v1'),
  event: z.looseObject({
    uid: z.string().regex(/^e[0-9a-f]{16}-\d+$/),
    file: text,
    line: whole,
    time: iso,
    sourceTime: z.string(),
    class: text,
    src: z.string(),
    dst: z.string(),
    port: z.int().min(1).max(65_535).nullable(),
    name: text.nullable(),
    disposition: z.enum(['allowed', 'blocked']).nullable(),
    rule: text.nullable(),
  }),
  verdict: z.enum(['attributed', 'likely', 'not-attributable']),
  toolCall: text.nullable(),
  episode: text.nullable(),
  p: share,
  pNone: share,
  pOther: share,
  noneSplit: z.strictObject({
    'periodic-job': share,
    'host-daemon': share,
    outside: share,
    'unrecorded-agent': share,
  }),
  tier: z.enum(['identity', 'content', 'time', 'none']),
  candidates: z
    .array(
      z.looseObject({
        toolCall: text,
        p: z.number().min(0.0099).max(1),
        evidence: z.array(z.looseObject({ kind: text, logOdds: z.number(), text })),
      }),
    )
    .max(5),
})

const ToolCall = z.looseObject({
  uid: z.string().regex(/^c[0-9a-f]{16}-\d+$/),
  sourceId: text.nullable(),
  run: text.nullable(),
  episode: text.nullable(),
  turn: whole.nullable(),
  step: whole.nullable(),
  policyVersion: text.nullable(),
  reward: z.number().nullable(),
  name: z.string(),
  command: z.string(),
  start: iso,
  end: iso.nullable(),
  uncertaintyMs: z.number().nonnegative(),
  box: text.nullable(),
  echoOf: text.optional(),
})

const Finding = z.looseObject({
  class_uid: z.literal(2004),
  severity: text,
  finding_info: z.looseObject({
    uid: text,
    title: text,
    analytic: z.looseObject({ uid: text }),
    attacks: z.array(z.unknown()),
  }),
  unmapped: z.looseObject({
    toolCalls: z.array(text),
    events: z.array(text),
    episode: text.nullable(),
  }),
})

const Reject = z.strictObject({
  file: text,
  line: whole,
  reason: text,
  text: z.string().max(500 + 400), // A fingerprint may be longer than the secret it stands for.
})

export interface CaseRead {
  readonly summary: z.infer<typeof Summary>
  readonly attributions: readonly z.infer<typeof Attribution>[]
  readonly toolCalls: readonly z.infer<typeof ToolCall>[]
  readonly findings: readonly z.infer<typeof Finding>[]
  readonly rejects: readonly z.infer<typeof Reject>[]
}

export const caseFiles = [
  'attributions.jsonl',
  'findings.jsonl',
  'incidents.jsonl',
  'iocs.csv',
  'rejects.jsonl',
  'report.html',
  'summary.json',
  'toolcalls.jsonl',
]

/** Reads a case folder and fails the test on whatever the contract does not allow. `whole`: no window was given. */
export function checkCase(folder: string, { windowed = false } = {}): CaseRead {
  expect(readdirSync(folder).sort()).toEqual(caseFiles)
  const summary = Summary.parse(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')))
  const attributions = lines(folder, 'attributions.jsonl', Attribution)
  const toolCalls = lines(folder, 'toolcalls.jsonl', ToolCall)
  const findings = lines(folder, 'findings.jsonl', Finding)
  const rejects = lines(folder, 'rejects.jsonl', Reject)

  const total = (key: 'events' | 'toolCalls' | 'rejected') =>
    summary.inputs.reduce((sum, input) => sum + input[key], 0)
  for (const input of summary.inputs) {
    const { records, events, toolCalls: calls, boxes, episodes, rejected } = input
    expect(records, input.path).toBe(events + calls + boxes + episodes + rejected)
    expect(rejects.filter(({ file }) => file === input.path).length, input.path).toBe(rejected)
  }
  if (!windowed) expect(attributions.length).toBe(total('events'))
  expect(toolCalls.length).toBe(total('toolCalls'))

  const callUids = new Set(toolCalls.map(({ uid }) => uid))
  const eventUids = new Set(attributions.map(({ event }) => event.uid))
  expect(callUids.size).toBe(toolCalls.length)
  expect(eventUids.size).toBe(attributions.length)
  const paths = new Set(summary.inputs.map(({ path }) => path))
  const echoes = new Set(toolCalls.filter(({ echoOf }) => echoOf !== undefined).map(({ uid }) => uid))
  let before = ''
  const counted = { attributed: 0, likely: 0, 'not-attributable': 0 }
  for (const line of attributions) {
    const { event, candidates, verdict } = line
    counted[verdict]++
    const at = `${event.file}:${event.line}`
    expect(paths.has(event.file), at).toBe(true)
    expect(event.time >= before, `${at} stands in the order of time`).toBe(true)
    before = event.time
    const sum = candidates.reduce((s, { p }) => s + p, line.pNone + line.pOther)
    expect(Math.abs(sum - 1), `${at}: the shares add up`).toBeLessThan(1e-6)
    const none = Object.values(line.noneSplit).reduce((s, p) => s + p, 0)
    expect(Math.abs(none - line.pNone), `${at}: the split adds up`).toBeLessThan(1e-5)
    const leading = candidates[0]
    expect(line.p, at).toBe(leading?.p ?? 0)
    for (const [k, candidate] of candidates.entries()) {
      expect(callUids.has(candidate.toolCall), at).toBe(true)
      expect(echoes.has(candidate.toolCall), `${at}: no echo is a candidate`).toBe(false)
      expect(candidate.p, at).toBeLessThanOrEqual(candidates[k - 1]?.p ?? 1)
    }
    // Shares are rounded, verdicts are not.
    if (verdict === 'attributed') expect(line.p, at).toBeGreaterThan(0.8999)
    else if (verdict === 'likely') expect(line.p > 0.4999 && line.p < 0.9001, at).toBe(true)
    else expect(line.p, at).toBeLessThan(0.5001)
    expect(line.toolCall, at).toBe(verdict === 'not-attributable' ? null : leading?.toolCall)
  }
  const { attribution } = summary
  expect([
    attribution.events,
    attribution.attributed,
    attribution.likely,
    attribution.notAttributable,
  ]).toEqual([attributions.length, counted.attributed, counted.likely, counted['not-attributable']])
  for (const { echoOf } of toolCalls) {
    if (echoOf === undefined) continue
    expect(callUids.has(echoOf)).toBe(true)
    expect(echoes.has(echoOf)).toBe(false)
  }

  const findingUids = new Set(findings.map(({ finding_info }) => finding_info.uid))
  expect(findingUids.size).toBe(findings.length)
  for (const { unmapped, finding_info } of findings) {
    for (const uid of unmapped.toolCalls) expect(callUids.has(uid), finding_info.title).toBe(true)
    for (const uid of unmapped.events) expect(eventUids.has(uid), finding_info.title).toBe(true)
    expect(unmapped.toolCalls.length + unmapped.events.length, finding_info.title).toBeGreaterThan(0)
  }
  expect(Object.values(summary.findings).reduce((s, n) => s + n, 0)).toBe(findings.length)
  const incidents = lines(folder, 'incidents.jsonl', Incident)
  expect(incidents).toEqual(summary.incidents)
  for (const incident of incidents) {
    for (const uid of incident.findings) expect(findingUids.has(uid), incident.title).toBe(true)
  }
  expect(readFileSync(join(folder, 'iocs.csv'), 'utf8').split('\n')[0]).toMatch(/^[a-z_,]+\r?$/i)
  const report = readFileSync(join(folder, 'report.html'), 'utf8')
  expect(report).toMatch(/^<!doctype html>/i)
  expect(report).not.toMatch(/<(?:script|link|img|iframe)[^>]{0,200}(?:src|href)=["']?(?:https?:)?\/\//i)
  return { summary, attributions, toolCalls, findings, rejects }
}

function lines<T extends z.ZodType>(folder: string, name: string, schema: T): z.infer<T>[] {
  const path = join(folder, name)
  expect(existsSync(path), name).toBe(true)
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => schema.parse(JSON.parse(line)))
}
