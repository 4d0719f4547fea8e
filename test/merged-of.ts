// Merged columns from calls and events written down in a test, as if each list were a file.

import { createHash } from 'node:crypto'
import { parseIso, type Time } from '../src/base/time.ts'
import { BatchSink } from '../src/pipeline/batch.ts'
import { type Merged, mergeFiles } from '../src/pipeline/merge.ts'
import type { Event } from '../src/schema/event.ts'
import type { EpisodeRecord, ToolCall, ToolOutcome } from '../src/schema/tool-call.ts'

export interface FileOf {
  readonly path: string
  readonly format?: string
  readonly modifiedUs?: number
  readonly calls?: readonly Partial<ToolCall>[]
  readonly events?: readonly Partial<Event>[]
  readonly outcomes?: readonly ToolOutcome[]
  readonly episodes?: readonly EpisodeRecord[]
}

export function at(iso: string): Time {
  const time = parseIso(iso)
  if (!time) throw new Error(`no time: ${iso}`)
  return time
}

export function mergedOf(files: readonly FileOf[]): Merged {
  return mergeFiles(
    files.map(({ path, format = 'a-format', modifiedUs = 0, calls, events, outcomes, episodes }) => {
      const sink = new BatchSink(() => {})
      for (const [k, call] of (calls ?? []).entries()) {
        sink.toolCall({
          name: 'Bash',
          command: '',
          start: at('2026-11-24T03:00:00Z'),
          uncertaintyMs: 0,
          timeSource: 'span',
          boxHints: [],
          line: k + 1,
          ...call,
        })
      }
      for (const [k, event] of (events ?? []).entries()) {
        sink.event({
          class: 'network_activity',
          time: at('2026-11-24T03:00:00Z'),
          srcEndpoint: { ip: '10.0.0.1' },
          dstEndpoint: { ip: '192.0.2.1', port: 443 },
          line: k + 1,
          ...event,
        })
      }
      for (const outcome of outcomes ?? []) sink.outcome(outcome)
      for (const episode of episodes ?? []) sink.episode(episode)
      const contentSha = createHash('sha256').update(path).digest('hex')
      return { path, format, contentSha, modifiedUs, parts: [sink.finish()] }
    }),
  )
}
