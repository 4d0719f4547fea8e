// What hooks of agents post, read. Claude Code, Codex and Qwen Code use the same words, Gemini CLI others; the plugin
// for opencode is ours and uses the first.
// {"hook_event_name":"PreToolUse","session_id":"…","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"toolu_01"}

import { limits } from '../../schema/tool-call.ts'

export interface HookMessage {
  readonly event: string
  readonly when: 'before' | 'after' | 'other'
  readonly session?: string
  /** Absent in Gemini CLI. */
  readonly id?: string
  readonly tool: string
  /** Shell text, or arguments as compact JSON. */
  readonly command: string
  /** The beginning of what the tool answered. */
  readonly output?: string
}

const before = new Set(['PreToolUse', 'BeforeTool'])
const after = new Set(['PostToolUse', 'PostToolUseFailure', 'AfterTool'])
const textMax = 200

/** Undefined when it is no hook's message. */
export function readHook(body: unknown): HookMessage | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const row = body as Record<string, unknown>
  const text = (key: string) => {
    const value = Object.hasOwn(row, key) ? row[key] : undefined
    return typeof value === 'string' && value !== '' ? value.slice(0, textMax) : undefined
  }
  const event = text('hook_event_name')
  if (event === undefined) return undefined
  const when = before.has(event) ? 'before' : after.has(event) ? 'after' : 'other'
  const session = text('session_id')
  const id = text('tool_use_id')
  const output = when === 'after' ? outputOf(row.tool_response ?? row.error) : undefined
  return {
    event,
    when,
    ...(session !== undefined && { session }),
    ...(id !== undefined && { id }),
    tool: text('tool_name') ?? 'unknown',
    command: commandOf(row.tool_input),
    ...(output !== undefined && { output }),
  }
}

/** `{"command":"ls"}` is `ls`; `["bash","-lc","ls"]` too. */
export function commandOf(input: unknown): string {
  if (typeof input === 'string') return input.slice(0, limits.commandChars)
  if (typeof input !== 'object' || input === null) return ''
  const row = input as Record<string, unknown>
  const command = row.command ?? row.cmd
  // An editor's verb stands beside a path.
  const edits = 'path' in row || 'file_path' in row || 'file_text' in row
  if (typeof command === 'string' && !edits) return command.slice(0, limits.commandChars)
  if (Array.isArray(command) && command.every((word) => typeof word === 'string')) {
    const [shell = '', flag = '', script] = command
    if (/(?:^|\/)(?:ba|da|z)?sh$/.test(shell) && /^-[a-z]*c$/.test(flag) && script !== undefined)
      return script.slice(0, limits.commandChars)
    return command.join(' ').slice(0, limits.commandChars)
  }
  try {
    return JSON.stringify(input).slice(0, limits.commandChars)
  } catch {
    return ''
  }
}

/** Text, or what of an object is text. */
function outputOf(response: unknown): string | undefined {
  if (response === undefined || response === null) return undefined
  if (typeof response === 'string') return response.slice(0, limits.outputChars)
  const row = response as Record<string, unknown>
  for (const key of ['stdout', 'output', 'llmContent', 'content', 'stderr'])
    if (typeof row[key] === 'string' && row[key] !== '') return row[key].slice(0, limits.outputChars)
  try {
    return JSON.stringify(response).slice(0, limits.outputChars)
  } catch {
    return undefined
  }
}

/** What a hook prints: nothing, or what was denied, in the field that each agent hands to its model. */
export function hookAnswer({ event }: HookMessage, told: string | undefined): object {
  if (told === undefined) return {}
  return { systemMessage: told, hookSpecificOutput: { hookEventName: event, additionalContext: told } }
}
