// What agents export over OTLP/HTTP, as calls: read by the same importer as files of it.

import { otlpJson } from '../../importers/agent/otlp-json.ts'
import { openReader } from '../../importers/read.ts'
import type { ToolCall } from '../../schema/tool-call.ts'

/** The tool calls of one export; what else is in it is passed over. Never throws. */
export function callsInExport(body: Uint8Array): ToolCall[] {
  const calls: ToolCall[] = []
  const nothing = () => {}
  try {
    const reader = openReader(
      otlpJson,
      {
        event: nothing,
        toolCall: (call) => void calls.push(call),
        outcome: nothing,
        episode: nothing,
        box: nothing,
        reject: nothing,
        skip: nothing,
      },
      { path: 'export.json' },
    )
    reader.chunk(body)
    reader.end()
  } catch {} // Of what is no telemetry at all, nothing.
  return calls
}
