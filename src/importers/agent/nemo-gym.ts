// NVIDIA NeMo Gym rollouts, one a line, and the failures beside them (`<stem>_failures.jsonl`).
//
//   {"_ng_task_index":3,"_ng_rollout_index":0,"response":{"output":[{"type":"function_call","call_id":"call_1",
//    "name":"bash","arguments":"{…}"},{"type":"function_call_output","call_id":"call_1","output":"…"}]},"reward":1.0,
//    "ng_trajectory":{"schema_version":"1.0","task_id":"3","rollout_id":"3-0","model_calls":[…],
//      "tool_calls":[{"tool_call_id":"call_1","sandbox_id":"…","tool_name":"bash","started_at":1772847065.12,
//        "completed_at":1772847071.5,"timing_source":"executor","status":"completed","output":"…"}],"gaps":[…]}}
// Rows are rollouts (an episode each), tool calls, and the gaps that the harness itself states.

import type { Time } from '../../base/time.ts'
import type { EpisodeRecord, ToolCall } from '../../schema/tool-call.ts'
import { defineJsonLinesImporter, type Sink } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { epochTime } from './parts/epoch.ts'
import { UntimedCalls } from './parts/file-time.ts'
import { outputText } from './parts/output.ts'
import { at, type Draft, idText, listAt, numberAt, recordAt, textAt } from './parts/values.ts'

export const nemoGym = defineJsonLinesImporter({
  id: 'nemo-gym',
  name: 'NVIDIA NeMo Gym rollouts',
  family: 'agent',
  documentation: 'https://github.com/NVIDIA-NeMo/Gym/blob/main/nemo_gym/rollout_observability.py',
  splittable: true,
  recognises: (head) =>
    /^\s*\{/.test(head.text) &&
    (/"(?:_ng_task_index|_ng_rollout_index|ng_trajectory|ng_agent_observations|_ng_failure_class)"\s*:/.test(
      head.text,
    ) ||
      /^\s*\{\s*"responses_create_params"\s*:/.test(head.text)),
  start(sink, file) {
    const untimed = new UntimedCalls(sink, file)
    return {
      row(row, line, text) {
        rollout(row, line, text, untimed, sink)
        untimed.end() // Calls come in the order of lines, wherever a part of the file may end.
      },
    }
  },
})

interface Asked {
  readonly name: string
  readonly args: unknown
  readonly turn: number
  output?: unknown
}

function rollout(
  row: Record<string, unknown>,
  line: number,
  text: string,
  untimed: UntimedCalls,
  sink: Sink,
): void {
  const trajectory = recordAt(row, 'ng_trajectory')
  const observed = recordAt(row, 'ng_agent_observations')
  const indexes = [idText(at(row, '_ng_task_index')), idText(at(row, '_ng_rollout_index'))]
  const id = idText(at(trajectory, 'rollout_id')) ?? (indexes[0] && indexes.filter(Boolean).join('-'))
  if (!id) {
    sink.reject(line, 'the rollout has no id: neither _ng_task_index nor ng_trajectory', text)
    return
  }
  const asked = askedCalls(row, trajectory)
  const timed = [
    ...listAt(trajectory, 'tool_calls'),
    ...(trajectory ? [] : listAt(observed, 'records').filter((record) => at(record, 'kind') === 'tool_call')),
  ]
  const reward = numberAt(row, 'reward')
  const span = spanOf([...timed, ...listAt(trajectory, 'model_calls')])
  const boxes = new Set<string>()
  for (const record of [...timed, ...listAt(observed, 'records')]) {
    const box = at(record, 'role') === 'verifier' ? undefined : idText(at(record, 'sandbox_id'))
    if (box && boxes.size < 100) boxes.add(box)
  }
  const common = { episode: id, ...(reward !== undefined && { reward }), line }

  const seen = new Set<string>()
  for (const record of timed) {
    const call = timedCall(record, asked, { ...common, boxHints: [...boxes].slice(0, 1) }, span)
    if (call.sourceId !== undefined) seen.add(call.sourceId)
    if (call.start) sink.toolCall({ ...call, start: call.start })
    else sink.reject(line, `the call ${call.sourceId ?? ''} of rollout ${id} has no time`, call.command)
  }
  for (const [callId, { name, args, turn, output }] of asked) {
    if (seen.has(callId)) continue
    const answer = outputText(output)
    const call = {
      ...common,
      sourceId: callId,
      turn,
      name,
      ...callText(name, args),
      ...(answer !== undefined && { output: answer }),
      boxHints: [...boxes],
    }
    // Asked for, and no executor said when: the whole rollout, or only the file's own time.
    if (span)
      sink.toolCall({ ...call, start: span.start, end: span.end, uncertaintyMs: 1000, timeSource: 'episode' })
    else untimed.add(call)
  }
  for (const _ of [...listAt(trajectory, 'gaps'), ...(trajectory ? [] : listAt(observed, 'gaps'))]) {
    sink.skip('a gap that the harness states')
  }
  const episode: EpisodeRecord = {
    ...common,
    boxHints: [...boxes],
    ...(span && { start: span.start, end: span.end }),
  }
  sink.episode(episode)
}

function timedCall(
  record: unknown,
  asked: ReadonlyMap<string, Asked>,
  common: Pick<ToolCall, 'episode' | 'boxHints' | 'line'>,
  span: Span | undefined,
): Draft<Omit<ToolCall, 'start'>> & { start?: Time } {
  const callId = idText(at(record, 'tool_call_id'))
  const known = callId === undefined ? undefined : asked.get(callId)
  const name = textAt(record, 'tool_name') ?? known?.name ?? 'unknown'
  const source = at(record, 'timing_source')
  const started = epochTime(at(record, 'started_at'))
  const completed = epochTime(at(record, 'completed_at'))
  const durationMs = numberAt(record, 'duration_ms')
  const back = durationMs === undefined ? 0 : Math.round(durationMs * 1000)
  const box = idText(at(record, 'sandbox_id'))
  const call: Draft<Omit<ToolCall, 'start'>> & { start?: Time } = {
    ...common,
    name,
    ...callText(name, known?.args),
    uncertaintyMs: 0,
    timeSource: source === 'executor' ? 'executor' : source === 'harness' ? 'span' : 'transcript',
    boxHints: box ? [box] : common.boxHints,
  }
  if (callId !== undefined) call.sourceId = callId
  if (known) call.turn = known.turn
  const output = outputText(at(record, 'output') ?? known?.output)
  if (output !== undefined) call.output = output
  if (started) call.start = started
  else if (completed) call.start = { ...completed, us: completed.us - back }
  if (completed) call.end = completed
  else if (started && back > 0) call.end = { ...started, us: started.us + back }
  if (!started && !(completed && back > 0) && span) {
    // One end alone, or none: within the rollout.
    call.start = span.start
    call.end = completed ?? span.end
    call.timeSource = 'episode'
    call.uncertaintyMs = 1000
  }
  return call
}

/** What the model asked for, by call id, from the response and from the conversations of subagents. */
function askedCalls(row: unknown, trajectory: unknown): Map<string, Asked> {
  const asked = new Map<string, Asked>()
  const lists = [
    listAt(recordAt(row, 'response'), 'output'),
    ...listAt(trajectory, 'invocations').map((invocation) => listAt(invocation, 'conversation')),
  ]
  for (const items of lists) {
    let turn = 0
    let answered = false
    for (const item of items.slice(0, 100_000)) {
      const type = textAt(item, 'type')
      const callId = idText(at(item, 'call_id'))
      if (type === 'function_call_output' || type === 'custom_tool_call_output') {
        answered = true
        const call = callId === undefined ? undefined : asked.get(callId)
        if (call && call.output === undefined) call.output = at(item, 'output')
        continue
      }
      if (answered) turn++
      answered = false
      const name = textAt(item, 'name')
      if ((type !== 'function_call' && type !== 'custom_tool_call') || !callId || !name) continue
      if (!asked.has(callId))
        asked.set(callId, { name, args: at(item, 'arguments') ?? at(item, 'input'), turn })
    }
  }
  return asked
}

interface Span {
  readonly start: Time
  readonly end: Time
}

function spanOf(records: readonly unknown[]): Span | undefined {
  let start: Time | undefined
  let end: Time | undefined
  for (const record of records) {
    for (const key of ['started_at', 'completed_at']) {
      const time = epochTime(at(record, key))
      if (!time) continue
      if (!start || time.us < start.us) start = time
      if (!end || time.us > end.us) end = time
    }
  }
  return start && end ? { start, end } : undefined
}
