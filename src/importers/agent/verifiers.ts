// Episodes of verifiers v1 and prime-rl, one a line: `…/rollouts/step_N/train/all/traces.jsonl`.
//
//   {"id":"ep1","env":{"id":"swe"},"task":{…},"group":{"id":"g1"},"run":{"type":"train","id":"run1","work":{"type":"train",
//    "step":12,"policy":{"start":11,"end":12}}},"ok":true,"traces":[{"version":1,"id":"t1","agent":{"runtime":{"type":"docker",
//    "id":"vf-1"}},"nodes":[{"parent":0,"message":{"role":"assistant","tool_calls":[{"id":"call_1","name":"bash",
//    "arguments":"{…}"}]},"sampled":true,"timestamp":1772847065.1}],"calls":[{"node":1,"time":{"start":1.0,"end":2.0}}],
//    "rewards":{"pass":{"score":1,"weight":1}},"timing":{"start":1.0,"agent":{"start":1.0,"end":2.0}}}]}
//
// A call runs between the end of the model call that asked for it and the start of the one that follows it on its
// branch; the calls of one answer share that window. Rows are episodes, and the tool calls in sampled messages.

import type { Time } from '../../base/time.ts'
import type { EpisodeRecord, ToolCall } from '../../schema/tool-call.ts'
import { defineJsonImporter, type Sink } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { epochTime } from './parts/epoch.ts'
import { callsOfMessage } from './parts/model-reply.ts'
import { outputText } from './parts/output.ts'
import { at, type Draft, idText, isRecord, recordAt, textAt, toIndex, toNumber } from './parts/values.ts'

/** Most messages of one trace; later ones are rejected. */
const nodesMax = 100_000
const tracesMax = 10_000

interface Node {
  parent?: number
  sampled?: boolean
  message?: unknown
  time?: Time
}

interface ModelCall {
  readonly node: number | undefined
  readonly start: Time | undefined
  readonly end: Time | undefined
}

interface Trace {
  readonly index: number
  box?: string
  readonly nodes: Node[]
  readonly calls: ModelCall[]
  reward?: number
  start?: Time
  end?: Time
}

interface Episode {
  readonly line: number
  id?: string
  run?: string
  step?: number
  policyVersion?: string
  readonly traces: Map<number, Trace>
}

export const verifiers = defineJsonImporter({
  id: 'verifiers',
  name: 'verifiers v1 and prime-rl traces',
  family: 'agent',
  documentation: 'https://github.com/PrimeIntellect-ai/verifiers/blob/main/verifiers/v1/trace.py',
  ownRows: true,
  splittable: true,
  // The token arrays of a node, by far the most of a line, are never built.
  items: [
    'id',
    'run',
    'traces.*.agent.runtime',
    'traces.*.nodes.*.parent',
    'traces.*.nodes.*.message',
    'traces.*.nodes.*.sampled',
    'traces.*.nodes.*.timestamp',
    'traces.*.calls.*',
    'traces.*.rewards',
    'traces.*.timing',
  ],
  recognises: (head) =>
    /^\s*\{\s*"id"\s*:\s*"[^"]{1,200}"\s*,\s*"(?:env|task|group|run|ok|traces)"\s*:/.test(head.text) &&
    /"traces"\s*:\s*\[\s*(?:\]|\{)|"env"\s*:\s*\{[^{}]{0,2000}\}\s*,\s*"task"\s*:/.test(head.text),
  start(sink) {
    let episode: Episode | undefined
    const flush = () => {
      if (episode) giveOut(episode, sink)
      episode = undefined
    }
    return {
      wholeLine() {
        flush()
        return false
      },
      item(path, value, line, keys) {
        if (!episode || line !== episode.line) {
          // Within one document that is spread over lines, `id` comes once, at its beginning.
          if (!episode || path === 'id' || episode.id === undefined) {
            flush()
            episode = { line, traces: new Map() }
          }
        }
        take(episode, path, value, keys, line, sink)
      },
      end: flush,
    }
  },
})

function take(
  episode: Episode,
  path: string,
  value: unknown,
  keys: readonly (string | number)[],
  line: number,
  sink: Sink,
): void {
  if (path === 'id') {
    const id = idText(value)
    if (id) episode.id = id
    return
  }
  if (path === 'run') {
    const run = idText(at(value, 'id')) ?? textAt(value, 'name')
    if (run) episode.run = run
    const work = recordAt(value, 'work')
    const step = toIndex(at(work, 'step'))
    if (step !== undefined) episode.step = step
    const policy = recordAt(work, 'policy')
    const [first, last] = [toIndex(at(policy, 'start')), toIndex(at(policy, 'end'))]
    if (first !== undefined) {
      episode.policyVersion = last === undefined || last === first ? String(first) : `${first}-${last}`
    }
    return
  }
  const index = Number(keys[1])
  const trace = episode.traces.get(index) ?? { index, nodes: [], calls: [] }
  if (!episode.traces.has(index)) {
    if (episode.traces.size >= tracesMax) return
    episode.traces.set(index, trace)
  }
  if (path === 'traces.*.agent.runtime') {
    const box = idText(at(value, 'id'))
    if (box) trace.box = box
  } else if (path === 'traces.*.rewards') {
    const reward = sumOf(value)
    if (reward !== undefined) trace.reward = reward
  } else if (path === 'traces.*.timing') {
    const agent = recordAt(value, 'agent')
    const start = epochTime(at(agent, 'start')) ?? epochTime(at(value, 'start'))
    const end = epochTime(at(agent, 'end'))
    if (start) trace.start = start
    if (end) trace.end = end
  } else if (path === 'traces.*.calls.*') {
    const time = recordAt(value, 'time')
    if (trace.calls.length >= nodesMax) return
    trace.calls.push({
      node: toIndex(at(value, 'node')),
      start: epochTime(at(time, 'start')),
      end: epochTime(at(time, 'end')),
    })
  } else {
    const position = Number(keys[3])
    if (position >= nodesMax) {
      if (path.endsWith('.message')) sink.reject(line, `more than ${nodesMax} messages in one trace`, '')
      return
    }
    const node = trace.nodes[position] ?? {}
    trace.nodes[position] = node
    if (path.endsWith('.message')) node.message = value
    else if (path.endsWith('.sampled')) node.sampled = value === true
    else if (path.endsWith('.parent')) {
      const parent = toIndex(value)
      if (parent !== undefined) node.parent = parent
    } else {
      const time = epochTime(value)
      if (time) node.time = time
    }
  }
}

/** The reward is the weighted sum; a null one was not computed. */
function sumOf(rewards: unknown): number | undefined {
  if (!isRecord(rewards)) return undefined
  let sum: number | undefined
  for (const reward of Object.values(rewards)) {
    const score = toNumber(isRecord(reward) ? at(reward, 'score') : reward)
    if (score !== undefined) sum = (sum ?? 0) + score * (toNumber(at(reward, 'weight')) ?? 1)
  }
  return sum
}

function giveOut(episode: Episode, sink: Sink): void {
  const { id, line } = episode
  if (id === undefined) {
    sink.reject(line, 'the episode has no id', '')
    return
  }
  const traces = [...episode.traces.values()]
  const common = {
    episode: id,
    ...(episode.run !== undefined && { run: episode.run }),
    ...(episode.step !== undefined && { step: episode.step }),
    ...(episode.policyVersion !== undefined && { policyVersion: episode.policyVersion }),
    line,
  }
  for (const trace of traces) callsOfTrace(trace, common, sink)

  const record: Draft<EpisodeRecord> = {
    ...common,
    boxHints: [...new Set(traces.flatMap((trace) => trace.box ?? []))],
  }
  const rewarded = traces.filter((trace) => trace.reward !== undefined)
  // Several agents have several rewards; then only their calls carry them.
  if (rewarded.length === 1 && rewarded[0]?.reward !== undefined) record.reward = rewarded[0].reward
  for (const { start, end } of traces) {
    if (start && (!record.start || start.us < record.start.us)) record.start = start
    if (end && (!record.end || end.us > record.end.us)) record.end = end
  }
  sink.episode(record)
}

function callsOfTrace(trace: Trace, common: Pick<ToolCall, 'episode' | 'line'>, sink: Sink): void {
  const outputs = new Map<string, string>()
  for (const node of trace.nodes) {
    const id = idText(at(node?.message, 'tool_call_id'))
    const output = id === undefined ? undefined : outputText(at(node?.message, 'content'))
    if (id !== undefined && output !== undefined && !outputs.has(id)) outputs.set(id, output)
  }
  const asked = new Map<number, ModelCall>()
  for (const call of trace.calls) if (call.node !== undefined) asked.set(call.node, call)
  const next = nextStarts(trace)
  let turn = -1
  for (const [position, node] of trace.nodes.entries()) {
    if (!node || textAt(node.message, 'role') !== 'assistant') continue
    if (node.sampled === false) continue // Put there by the task as an example: nothing ran.
    turn++
    const calls = callsOfMessage(node.message)
    const start = asked.get(position)?.end ?? node.time ?? trace.start
    const end = next.get(position) ?? trace.end
    for (const { id, name, args } of calls) {
      if (!start) {
        sink.reject(common.line, 'a tool call has no time', name)
        continue
      }
      const call: Draft<ToolCall> = {
        ...common,
        turn,
        name,
        ...callText(name, args),
        start,
        uncertaintyMs: 0,
        timeSource: calls.length > 1 ? 'batch' : 'next-record',
        boxHints: trace.box ? [trace.box] : [],
      }
      if (id !== undefined) call.sourceId = id
      const output = id === undefined ? undefined : outputs.get(id)
      if (output !== undefined) call.output = output
      if (end && end.us >= start.us) call.end = end
      if (trace.reward !== undefined) call.reward = trace.reward
      sink.toolCall(call)
    }
  }
}

/** For each sampled message: when the model was next asked on a branch that goes through it. */
function nextStarts(trace: Trace): Map<number, Time> {
  const starts = new Map<number, Time>()
  const modelCall = new Map<number, ModelCall>()
  for (const call of trace.calls) if (call.node !== undefined) modelCall.set(call.node, call)
  for (const [position, node] of trace.nodes.entries()) {
    if (!node || node.sampled === false || textAt(node.message, 'role') !== 'assistant') continue
    // A commit without a recorded model call only bounds the window: it includes that call.
    const start = modelCall.get(position)?.start ?? node.time
    let before = node.parent
    for (let hops = 0; hops < 1000 && before !== undefined; hops++) {
      const ancestor = trace.nodes[before]
      if (!ancestor) break
      if (ancestor.sampled !== false && textAt(ancestor.message, 'role') === 'assistant') {
        const known = starts.get(before)
        if (start && (!known || start.us < known.us)) starts.set(before, start)
        break
      }
      // Parents stand before their children; anything else would be a loop.
      before = ancestor.parent !== undefined && ancestor.parent < before ? ancestor.parent : undefined
    }
  }
  return starts
}
