// What environment variables say, wherever they stand: compose files, containers, pods, .env files.

import type { SettingFact } from './setting.ts'

type Say = (line: number, text: string, fact: SettingFact) => void

/** Names under which a program is told where its log or transcript goes. */
const logPath =
  /(?:^|_)(?:LOG(?:S|GING)?_?(?:DIR|PATH|FILE|FOLDER)?|TRACE_?(?:DIR|FILE|PATH)|TRAJ_?(?:DIR|FILE|PATH)|TELEMETRY_OUTFILE|DUMP_(?:DIR|PATH))$|^(?:CLAUDE_CONFIG_DIR|CODEX_HOME)$/

export interface Variable {
  readonly name: string
  readonly value: string
  readonly line: number
}

/** `A=b` as written in lists of variables. */
export function variableOf(text: string, line: number): Variable | undefined {
  const at = text.indexOf('=')
  return at > 0 ? { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim(), line } : undefined
}

/**
 * Says what variables mean for an alarm. `mounts`: folders of the sandbox that outlive it; undefined where it is not
 * known whether a sandbox gets them at all.
 */
export function sayVariables(
  variables: Iterable<Variable>,
  mounts: readonly string[] | undefined,
  say: Say,
): void {
  for (const { name, value: quoted, line } of variables) {
    const value = quoted.replace(/^(["'])(.*)\1$/, '$2')
    const text = `${name}=${value}`.slice(0, 200)
    if (name === 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT') {
      say(line, text, {
        about: 'content',
        on: /^(?:true|1|span_only|event_only|span_and_event)$/i.test(value),
      })
    } else if (name === 'OTEL_LOG_TOOL_DETAILS') {
      say(line, text, { about: 'content', on: /^(?:true|1)$/i.test(value) })
    } else if (name === 'ROCK_MODEL_SERVICE_TRAJ_APPEND_MODE') {
      const works = /^true$/i.test(value)
      say(line, text, { about: 'dump', path: 'LLMTraj.jsonl', works })
    } else if (mounts && value.startsWith('/') && logPath.test(name)) {
      say(line, text, {
        about: 'inside',
        path: value,
        outlives: mounts.some((mount) => isBelow(value, mount)),
      })
    }
  }
}

function isBelow(path: string, folder: string): boolean {
  const bare = folder.replace(/\/+$/, '')
  return path === bare || path.startsWith(`${bare}/`)
}
