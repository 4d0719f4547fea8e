// ROLL's rollout dump: one line a training step, a column for each field, JSON texts inside.
//
//   {"trajectory_data": ["{\"trajectory_id\": \"swe_11_12_3_40_7_99_20260307_093512_118233\", \"current_step\": 12,
//     \"env_info\": {\"sandbox_id\": \"…\", \"sandbox_ip\": \"10.8.0.4\", …}, \"timing_info\": {\"traj_save_time\":
//     \"2026-03-07T09:35:12.118240\", \"traj_time_env_total\": 182.4, …}, \"reward_info\": {\"episode_reward\": 1.0}}", …],
//    "messages": ["[[{\"role\": \"system\", …}, …]]", …], "tools": […], "exp_name": […], "global_step": […]}
//
// The only clock is the worker's local time when a trajectory was saved, without a zone; a call's window is
// its whole episode. Rows are trajectories (an episode each) and the tool calls in their messages.
// `sandbox_ip` is the worker machine that hosts the sandbox: no name of the box.

import { parseIso, type Time } from '../../base/time.ts'
import type { EpisodeRecord, ToolCall } from '../../schema/tool-call.ts'
import { defineJsonImporter, type Sink } from '../api.ts'
import { callText } from './parts/arguments.ts'
import { callsOfTranscript } from './parts/chat-messages.ts'
import {
  at,
  type Draft,
  idText,
  isRecord,
  numberAt,
  parseJsonText,
  recordAt,
  textAt,
  toIndex,
  toJson,
  toNumber,
} from './parts/values.ts'

/** The columns with run and step stand last: calls wait for them, up to this many characters of text. */
const waitingCharsMax = 256 * 1024 * 1024
/** Rows of one file; a batch has hundreds. */
const rowsMax = 1_000_000

/** Between measuring the episode's duration and writing its save time lie some milliseconds; rounded up. */
const edgeMs = 1000
/** Proxy environments write when they ended and not how long they took. */
const unknownLengthMs = 3_600_000

type EpisodePart = Draft<EpisodeRecord>
type CallPart = Draft<ToolCall>

interface Row {
  readonly index: number
  episode?: EpisodePart
  uncertaintyMs: number
  calls: CallPart[]
  run?: string
  step?: number
  /** Messages that stood before their trajectory. */
  early?: unknown
  refused?: boolean
}

export const rollRollout = defineJsonImporter({
  id: 'roll-rollout',
  name: 'ROLL rollout dump',
  family: 'agent',
  documentation: 'https://github.com/alibaba/ROLL/blob/main/roll/pipeline/agentic/utils.py',
  ownRows: true,
  items: ['trajectory_data.*', 'messages.*', 'exp_name.*', 'global_step.*'],
  recognises: (head) =>
    (/^\s*\{\s*"(?:messages|tools|exp_name|global_step)"\s*:\s*\[/.test(head.text) &&
      head.text.includes('"trajectory_data"')) ||
    /^\s*\{\s*"trajectory_data"\s*:\s*\[\s*(?:null\s*,\s*)*(?:"\{\\"trajectory_id|\]|")/.test(head.text),
  start(sink) {
    let rows = new Map<number, Row>()
    let chars = 0
    const begun = new Set<string>()
    const flush = () => {
      for (const row of rows.values()) giveOut(row, sink)
      rows = new Map()
      chars = 0
      begun.clear()
    }
    return {
      item(path, value, line, keys) {
        const index = Number(keys[1])
        if (index === 0) {
          // A column begins a second time: another step's line in the same file.
          if (begun.has(path)) flush()
          begun.add(path)
        }
        const row = rows.get(index) ?? { index, uncertaintyMs: edgeMs, calls: [] }
        if (rows.size >= rowsMax && !rows.has(index)) {
          sink.reject(line, `more than ${rowsMax} trajectories in one step`, '')
          return
        }
        rows.set(index, row)
        if (path === 'trajectory_data.*') {
          if (!trajectory(row, value, line)) {
            row.refused = true
            sink.reject(line, `trajectory_data ${index} is not a trajectory`, shown(value))
          }
          if (row.early !== undefined) chars += messages(row, row.early, line, sink)
          delete row.early
        } else if (path === 'messages.*') {
          if (row.episode || row.refused) chars += messages(row, value, line, sink)
          else row.early = value
        } else if (path === 'exp_name.*') {
          const run = idText(value)
          if (run) row.run = run
        } else {
          const step = toIndex(value)
          if (step !== undefined) row.step = step
        }
        if (chars > waitingCharsMax) {
          // Given out without the run's name rather than not at all.
          for (const waiting of rows.values()) giveOutCalls(waiting, sink)
          chars = 0
        }
      },
      end: flush,
    }
  },
})

function trajectory(row: Row, value: unknown, line: number): boolean {
  const data = typeof value === 'string' ? parseJsonText(value) : value
  const id = textAt(data, 'trajectory_id')
  if (!isRecord(data) || !id) return false
  const info = recordAt(data, 'env_info')
  const timing = recordAt(data, 'timing_info')
  const sandbox = idText(at(info, 'sandbox_id'))
  const episode: EpisodePart = { episode: id, boxHints: sandbox ? [sandbox] : [], line }

  const reward = toNumber(at(recordAt(data, 'reward_info'), 'episode_reward'))
  if (reward !== undefined) episode.reward = reward
  const step = toIndex(at(data, 'current_step'))
  if (step !== undefined) row.step = step
  // {tag}_{first policy step}_{last policy step}_{group}_{env}_{episode}_{seed}_{date}_{time}_{µs}
  const versions = /_(\d{1,9})_(\d{1,9})_-?\d{1,12}_-?\d{1,12}_-?\d{1,12}_-?\w{1,40}_\d{8}_\d{6}_\d{6}$/.exec(
    id,
  )
  if (versions)
    episode.policyVersion = versions[1] === versions[2] ? versions[1]! : `${versions[1]}-${versions[2]}`

  const save =
    parseIso(textAt(timing, 'traj_save_time') ?? '') ?? compactTime(textAt(data, 'timestamp') ?? '')
  const totalS = numberAt(timing, 'traj_time_env_total')
  if (save) {
    episode.end = save
    if (totalS !== undefined && totalS >= 0) {
      episode.start = {
        ...save,
        us: save.us - Math.round(totalS * 1e6),
        source: `${save.source} - ${totalS} s`,
      }
    } else {
      episode.start = save
      row.uncertaintyMs = unknownLengthMs
    }
  }
  row.episode = episode
  return true
}

/** `20260307_093512_118233`, local time. */
function compactTime(text: string): Time | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_(\d{6})$/.exec(text)
  if (!match) return undefined
  const [, y, mo, d, h, mi, s, us] = match
  const time = parseIso(`${y}-${mo}-${d}T${h}:${mi}:${s}.${us}`)
  return time && { ...time, source: text }
}

/** Returns how many characters of text now wait. */
function messages(row: Row, value: unknown, line: number, sink: Sink): number {
  if (row.refused) {
    sink.skip('messages of a refused trajectory')
    return 0
  }
  const parsed = typeof value === 'string' ? parseJsonText(value) : value
  const episode = row.episode
  if (!Array.isArray(parsed) || !episode) {
    sink.reject(line, `messages ${row.index} is not a list of messages`, shown(value))
    return 0
  }
  // A list for each branch of the conversation; proxy environments write the one list itself.
  const branches = parsed.some(Array.isArray)
    ? parsed.map((branch) => (Array.isArray(branch) ? branch : []))
    : [parsed]
  const seen = new Map<string, number>()
  let chars = 0
  const calls = branches.flatMap((branch, i) =>
    callsOfTranscript(branch).map((call) => ({ ...call, branch: i })),
  )
  for (const { id, name, args, turn, output, branch } of calls) {
    // Branches share their beginning.
    const key = id ?? `${turn} ${name} ${toJson(args)}`
    const before = seen.get(key)
    if (before !== undefined && (before !== branch || id !== undefined)) {
      sink.skip('the same call in another branch')
      continue
    }
    seen.set(key, branch)
    if (!episode.start) {
      sink.reject(line, `a call of trajectory ${row.index} has no time at all`, name)
      continue
    }
    const { command, writes } = callText(name, args)
    const call: CallPart = {
      episode: episode.episode,
      turn,
      name,
      command,
      start: episode.start,
      uncertaintyMs: row.uncertaintyMs,
      timeSource: 'episode',
      boxHints: episode.boxHints,
      line,
    }
    if (id !== undefined) call.sourceId = id
    if (writes) call.writes = writes
    if (output !== undefined) call.output = output
    if (episode.end) call.end = episode.end
    chars += command.length + (output?.length ?? 0)
    row.calls.push(call)
  }
  return chars
}

function giveOut(row: Row, sink: Sink): void {
  const { episode } = row
  if (!episode) {
    if (row.early !== undefined)
      sink.reject(1, `messages ${row.index} stand without a trajectory`, shown(row.early))
    return
  }
  giveOutCalls(row, sink)
  if (row.run !== undefined) episode.run = row.run
  if (row.step !== undefined) episode.step = row.step
  sink.episode(episode)
}

function giveOutCalls(row: Row, sink: Sink): void {
  for (const call of row.calls) {
    if (row.run !== undefined) call.run = row.run
    if (row.step !== undefined) call.step = row.step
    if (row.episode?.reward !== undefined) call.reward = row.episode.reward
    if (row.episode?.policyVersion !== undefined) call.policyVersion = row.episode.policyVersion
    sink.toolCall(call)
  }
  row.calls = []
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 500)
}
