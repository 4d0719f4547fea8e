// The line that begins a call.

import { shellWords } from '../../base/shell-quote.ts'
import type { Phase } from '../../schema/ask.ts'
import type { JournalLine } from '../../schema/journal.ts'
import type { ToolCallIdentity } from './sandbox.ts'
import { unitName } from './units.ts'

export function startLine(
  box: string,
  unit: number,
  call: ToolCallIdentity,
  command: readonly string[],
  identity: boolean,
  phase: Phase | undefined,
): JournalLine {
  const { id, name, ...more } = call
  return {
    class: 'execute_tool',
    box,
    activity: 'start',
    toolCall: id,
    name,
    command: shellText(command),
    unit: unitName(unit),
    source: 'exec',
    tier: identity ? 'identity' : 'none',
    ...(phase !== undefined && { phase }),
    ...more,
  }
}

/** `sh -c TEXT` is TEXT; else the words, quoted where a shell needs it. */
export function shellText(command: readonly string[]): string {
  const [shell = '', flag, text] = command
  if (command.length === 3 && flag === '-c' && text !== undefined && /(^|\/)(ba|da)?sh$/.test(shell))
    return text
  return shellWords(command)
}
