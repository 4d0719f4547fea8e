// What the commands mean that ROCK's own SDK sends into a sandbox.
//
//   nohup bash -c '…' < /dev/null > /tmp/tmp_1741311065.out 2>&1 & echo __ROCK_PID_START__${!}__ROCK_PID_END__;disown
//   kill -0 4711                      is it still running?
//   cat /tmp/tmp_1741311065.out       its output, read when it has ended
//   bash -c 'export PATH=…:$PATH && … rock model-service anti-call-llm --index 3 --response '"'"'{"choices":…}'"'"''

import { shellText } from './shell-words.ts'
import { wordsOfShell } from './words-of-shell.ts'

export interface RockCommand {
  /** The command itself, wrappers taken off. */
  readonly command: string
  /** Where a background command's output goes. */
  readonly outputFile?: string
}

export function unwrapNohup(text: string): RockCommand {
  const match = /^nohup ([\s\S]*) < \/dev\/null > (\S{1,4096}) 2>&1 & echo [^\n]{0,200};\s*disown\s*$/.exec(
    text,
  )
  if (!match?.[1] || !match[2]) return { command: text }
  const words = wordsOfShell(match[1])
  const inner = words.length < 10 && /^(?:\S{0,100}\/)?(?:ba|z|da)?sh$/.test(words[0] ?? '')
  return { command: (inner ? shellText(words) : undefined) ?? match[1], outputFile: match[2] }
}

export function isPoll(command: string): boolean {
  return /^\s*kill -0 \d{1,10}\s*$/.test(command)
}

/** The file whose content a `cat FILE` or `head -c N FILE` returns. */
export function fileRead(command: string): string | undefined {
  return /^\s*(?:cat|head -c \d{1,12}) (\S{1,4096})\s*$/.exec(command)?.[1]
}

export interface AntiCall {
  /** 0 waits for the agent's first request; N carries the model's N-th answer. */
  readonly index: number
  /** The answer's JSON text; absent for index 0, or when it went by file. */
  readonly response?: string
  readonly responseFile?: string
}

/** The `anti-call-llm` that a command runs, through up to four levels of quoting. */
export function antiCall(command: string): AntiCall | undefined {
  let texts = [command]
  for (let depth = 0; depth < 4 && texts.length > 0; depth++) {
    const inner: string[] = []
    for (const text of texts) {
      if (!text.includes('anti-call-llm')) continue
      const words = wordsOfShell(text)
      const at = words.indexOf('anti-call-llm')
      if (at >= 0) return options(words.slice(at + 1))
      inner.push(...words.filter((word) => word.includes('anti-call-llm') && word !== text))
    }
    texts = inner
  }
  return undefined
}

function options(words: readonly string[]): AntiCall | undefined {
  const value = (name: string) => {
    const at = words.indexOf(`--${name}`)
    if (at >= 0) return words[at + 1]
    return words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
  }
  const index = value('index')
  if (!index || !/^\d{1,9}$/.test(index)) return undefined
  const response = value('response')
  const responseFile = value('response-file')
  return {
    index: Number(index),
    ...(response !== undefined && { response }),
    ...(responseFile !== undefined && { responseFile }),
  }
}
