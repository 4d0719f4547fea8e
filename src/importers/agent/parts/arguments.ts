// What a tool call's arguments mean, whatever agent named them: a shell command, or something else.
//
// Tools are named by hundreds of frameworks; the shape of the arguments decides where the name does not:
//   Bash {"command":"ls"}   exec_command {"cmd":"ls"}   shell {"command":["bash","-lc","ls"]}
//   bash_command {"keystrokes":"ls\n"}   str_replace_editor {"command":"view","path":"/a"}

import { cutCommand } from './cut.ts'
import { shellText } from './shell-words.ts'
import { isRecord, parseJsonText, toJson } from './values.ts'
import { type FileWrite, fileWrites, patchWrites } from './writes.ts'

export interface CallText {
  readonly command: string
  readonly writes?: readonly FileWrite[]
}

/**
 * The `command` and `writes` of a call from its arguments: an object, JSON in a string, a list of words, or
 * any other text, which then is the command itself.
 */
export function callText(name: string, args: unknown): CallText {
  const value = typeof args === 'string' ? (parseJsonText(args) ?? args) : args
  let writes = fileWrites(name, value)
  const text = commandOf(name, value)
  // A patch handed to a shell: apply_patch <<'EOF' …
  if (writes.length === 0 && text.includes('*** Begin Patch')) writes = patchWrites(text)
  const command = cutCommand(text)
  return writes.length > 0 ? { command, writes } : { command }
}

// In the order in which they are believed; `full_command` stands beside a shortened one in Claude Code's telemetry.
const commandKeys = [
  'full_command',
  'command',
  'cmd',
  'bash_command',
  'shell_command',
  'keystrokes',
  'script',
]
const moreCommandKeys = ['commands', 'code', 'input', 'chars', 'action', 'arguments', 'args', 'argv']

function commandOf(name: string, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (isRecord(value)) {
    if (!isEditor(value)) {
      for (const key of commandKeys) {
        const text = Object.hasOwn(value, key) ? shellText(value[key]) : undefined
        if (text !== undefined) return text
      }
      if (isShellName(name)) {
        for (const key of moreCommandKeys) {
          const inner = Object.hasOwn(value, key) ? value[key] : undefined
          const text = isRecord(inner) ? commandOf(name, inner) : shellText(inner)
          if (text !== undefined) return text
        }
      }
    }
  } else if (Array.isArray(value) && isShellName(name)) {
    return shellText(value) ?? toJson(value)
  }
  return toJson(value)
}

/** The one-word commands of file editors (`view`, `create`, `str_replace`…) are no shell commands. */
function isEditor(value: Record<string, unknown>): boolean {
  const command = value.command
  if (typeof command !== 'string' || !('path' in value || 'file_path' in value)) return false
  return /^[a-z_]{1,24}$/.test(command)
}

const shellNames = new Set(
  (
    'bash sh zsh shell terminal exec run execute command console powershell pwsh cmd executebash executecommand ' +
    'executeshell executeshellcommand runcommand runshell runbash runshellcommand runterminalcmd runterminalcommand ' +
    'runinterminal runinsession execcommand localshell localshellcall shellcommand unifiedexec bashcommand ' +
    'executeterminalcommand cmdrun cmdrunaction terminaltool bashtool shelltool writestdin containerexec sandboxexec ' +
    'unixshell system subprocess executeinsandbox'
  ).split(' '),
)
const shellNameMemo = new Map<string, boolean>()

/** Whether a tool's name says that it runs shell commands. */
function isShellName(name: string): boolean {
  const known = shellNameMemo.get(name)
  if (known !== undefined) return known
  // `mcp__box__run_command`, `functions.shell`, `bash-tool` → the last part counts too.
  const parts = name.slice(0, 256).split(/__|[./:]/)
  const last = (parts[parts.length - 1] ?? '').toLowerCase().replace(/[^a-z]/g, '')
  const is =
    shellNames.has(last) ||
    shellNames.has(
      name
        .slice(0, 256)
        .toLowerCase()
        .replace(/[^a-z]/g, ''),
    )
  if (shellNameMemo.size < 4096) shellNameMemo.set(name, is)
  return is
}
