// What telemetry attributes mean to us. Frameworks and teams name them differently, so a role is told by the
// whole key where a convention fixes it, else by the key's last segment, case, `-` and `_` set aside:
// `rl.global_step`, `trainer.globalStep` and `step` are all the trainer step, in this order of belief.

import { detached } from '../../../base/detached.ts'

/** Where an attribute's value goes; `slotCount` in all. */
export const slot = {
  operation: 0,
  kind: 1,
  toolName: 2,
  callId: 3,
  arguments: 4,
  result: 5,
  exitCode: 6,
  episode: 7,
  conversation: 8,
  run: 9,
  step: 10,
  turn: 11,
  policyVersion: 12,
  reward: 13,
  durationMs: 14,
  eventName: 15,
  eventTime: 16,
  endTime: 17,
  method: 18,
  startTime: 19,
  boxFirst: 20,
  boxHost: 28,
} as const

/** Names of the box, most specific first; each has a slot of its own from `slot.boxFirst` on. */
const boxKeys = [
  ['vigilesbox'],
  ['sandboxid', 'sandboxname', 'sandbox'],
  ['boxid', 'boxname', 'box'],
  ['containerid', 'dockercontainerid'],
  ['containername'],
  ['k8spodname', 'podname', 'pod'],
  ['k8spoduid', 'poduid'],
  ['serviceinstanceid'],
  ['hostname'],
  ['hostid'],
] as const

const boxLast: number = slot.boxFirst + boxKeys.length - 1
export const slotCount: number = boxLast + 1

/** A role is `slot * 16 + rank`; the lowest rank seen for a slot wins. */
const none = -1

// Whole keys, as conventions and vendors write them, most trusted first.
const wholeKeys: readonly (readonly [number, ...string[]])[] = [
  [slot.operation, 'gen_ai.operation.name'],
  [
    slot.kind,
    'openinference.span.kind',
    'traceloop.span.kind',
    'langfuse.observation.type',
    'langsmith.span.kind',
    'mlflow.spanType',
    'span.type',
  ],
  [
    slot.toolName,
    'gen_ai.tool.name',
    'tool.name',
    'tool_name',
    'ai.toolCall.name',
    'mcp.tool.name',
    'function_name',
    'tool_call.function.name',
    'traceloop.entity.name',
  ],
  [
    slot.callId,
    'gen_ai.tool.call.id',
    'gen_ai.tool.call_id',
    'tool_call.id',
    'ai.toolCall.id',
    'tool_use_id',
    'tool_call_id',
    'call_id',
    'tool.call.id',
    'tool.call_id',
    'tool.id',
  ],
  [
    slot.arguments,
    'gen_ai.tool.call.arguments',
    'gen_ai.tool.arguments',
    'ai.toolCall.args',
    'tool_call.function.arguments',
    'tool_arguments',
    'full_command',
    'function_args',
    'arguments',
    'gcp.vertex.agent.tool_call_args',
    'input.value',
    'traceloop.entity.input',
    'tool_input',
    'tool_parameters',
    'tool.parameters',
  ],
  [
    slot.result,
    'gen_ai.tool.call.result',
    'gen_ai.tool.result',
    'gen_ai.tool.output',
    'ai.toolCall.result',
    'tool_response',
    'tool.result',
    'gcp.vertex.agent.tool_response',
    'output.value',
    'traceloop.entity.output',
    'langfuse.observation.output',
    'mlflow.spanOutputs',
    'gen_ai.completion',
    'tool_output',
    'output',
    'error',
  ],
  [slot.conversation, 'gen_ai.conversation.id', 'session.id', 'conversation.id', 'langfuse.session.id'],
  [slot.eventName, 'event.name', 'event_name'],
  [slot.startTime, 'start_time'],
  [slot.eventTime, 'event.timestamp', 'event_timestamp'],
  [slot.endTime, 'end_time'],
  [slot.method, 'mcp.method.name', 'rpc.method'],
  [slot.durationMs, 'duration_ms', 'tool.duration_ms'],
]

// Last segments, normalised, most specific first.
const lastSegments: readonly (readonly [number, ...string[]])[] = [
  [slot.episode, 'episodeid', 'trajectoryid', 'trajid', 'rolloutid', 'episode', 'trajectory', 'rollout'],
  [slot.run, 'runid', 'run', 'runname', 'experimentid', 'experimentname', 'experiment', 'trainingrun'],
  [slot.step, 'trainerstep', 'trainingstep', 'trainstep', 'rlstep', 'globalstep', 'step'],
  [slot.turn, 'turnindex', 'turnid', 'turn', 'turnnumber'],
  [slot.policyVersion, 'policyversion', 'weightversion', 'modelversion', 'checkpoint'],
  [slot.reward, 'episodereward', 'totalreward', 'finalreward', 'reward', 'return'],
  [slot.exitCode, 'exitcode', 'returncode', 'exitstatus'],
  // Not `thread.id`: OpenTelemetry uses it for the thread of the operating system.
  [slot.conversation, 'conversationid', 'sessionid'],
]

const exact = new Map<string, number>()
for (const [to, ...keys] of wholeKeys) {
  for (const [rank, key] of keys.entries()) exact.set(key, to * 16 + Math.min(rank, 15))
}
for (const key of ['langfuse.observation.input', 'mlflow.spanInputs', 'gen_ai.prompt']) {
  exact.set(key, slot.arguments * 16 + 15)
}
const bySegment = new Map<string, number>()
for (const [to, ...keys] of lastSegments) {
  // A slot's ranks from whole keys come first.
  const from = to === slot.conversation ? 8 : 0
  for (const [rank, key] of keys.entries()) bySegment.set(key, to * 16 + from + rank)
}
const byBox = new Map<string, number>()
for (const [i, keys] of boxKeys.entries()) {
  for (const [rank, key] of keys.entries()) byBox.set(key, (slot.boxFirst + i) * 16 + rank)
}

const memoMax = 4096
const memo = new Map<string, number>()

/** The role of an attribute key as `slot * 16 + rank`, −1 for none. */
export function roleOf(key: string): number {
  const known = memo.get(key)
  if (known !== undefined) return known
  const role = classify(key)
  if (memo.size < memoMax) memo.set(detached(key), role)
  return role
}

// `agent.step` and the like count the agent's own steps.
const agentSegments = new Set([
  'agent',
  'episode',
  'env',
  'environment',
  'workflow',
  'graph',
  'loop',
  'react',
  'plan',
])

function classify(key: string): number {
  if (key.length > 256) return none
  // The session of an MCP connection is not the agent's.
  if (key === 'mcp.session.id') return none
  const known = exact.get(key)
  if (known !== undefined) return known
  const segments = key.toLowerCase().split(/[./:]/)
  const last = (segments[segments.length - 1] ?? '').replaceAll(/[-_ ]/g, '')
  const before = segments[segments.length - 2]?.replaceAll(/[-_ ]/g, '')
  // `episode.id`, `run.name`, `sandbox.id`: the two last segments are one word.
  const joined = before === undefined ? undefined : before + last
  if (joined !== undefined) {
    const role = bySegment.get(joined) ?? byBox.get(joined)
    if (role !== undefined) return role
  }
  if (segments.length > 2) {
    const three = segments.slice(-3).join('').replaceAll(/[-_ ]/g, '')
    const role = byBox.get(three)
    if (role !== undefined) return role
  }
  const box = last === 'hostname' && before !== undefined ? undefined : byBox.get(last)
  if (box !== undefined) return box
  const role = bySegment.get(last)
  if (role === undefined) return none
  if (last === 'step' && before !== undefined && agentSegments.has(before)) return slot.turn * 16 + 8
  return role
}
