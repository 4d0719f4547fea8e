// What the settings of several agents have in common.

import type { StateFolder } from '../../../sandboxes/mount-plan.ts'
import { agentEndpoint, hookPath, hookText } from '../hook-program.ts'

export const hookFile = { path: hookPath, text: hookText, mode: 0o755 } as const

export function copy(...paths: string[]): StateFolder[] {
  return paths.map((path) => ({ path, mode: 'copy' }))
}

/** `hooks` of a settings file as Claude Code, Codex, Qwen Code and Gemini CLI read it: for every tool. */
export function hooksFor(
  agent: string,
  events: readonly string[],
  timeout: number,
): Record<string, object[]> {
  const hook = { type: 'command', command: `${hookPath} ${agent}`, timeout }
  return Object.fromEntries(events.map((event) => [event, [{ matcher: '*', hooks: [hook] }]]))
}

/** Variables of OpenTelemetry's own exporters: logs as JSON, soon. */
export const otlpEnv = {
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_EXPORTER_OTLP_ENDPOINT: agentEndpoint,
  OTEL_LOGS_EXPORT_INTERVAL: '1000',
  OTEL_BLRP_SCHEDULE_DELAY: '1000',
} as const

/** A settings file with hooks added; `text` is what it was, if there was one. Undefined when that can't be read. */
export function withHooks(text: string | undefined, hooks: Record<string, object[]>): string | undefined {
  const own = text === undefined || text.trim() === '' ? {} : objectOf(text)
  if (!own) return undefined
  const theirs = objectOf(own.hooks) ?? {}
  const merged: Record<string, unknown> = { ...theirs }
  for (const [event, list] of Object.entries(hooks)) {
    const before = Object.hasOwn(theirs, event) && Array.isArray(theirs[event]) ? theirs[event] : []
    merged[event] = [...before, ...list]
  }
  return `${JSON.stringify({ ...own, hooks: merged }, null, 2)}\n`
}

/** Settings files may have comments and a comma too many. */
function objectOf(value: unknown): Record<string, unknown> | undefined {
  let read = value
  if (typeof value === 'string') {
    try {
      read = JSON.parse(plainJson(value))
    } catch {
      return undefined
    }
  }
  return typeof read === 'object' && read !== null && !Array.isArray(read)
    ? (read as Record<string, unknown>)
    : undefined
}

function plainJson(text: string): string {
  return text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string) => string ?? '')
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string) => string ?? '')
}
