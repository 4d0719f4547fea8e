// What a call's text says, in the short form that attribution reads; computed once, where the file is read.

import { callFlags, targetVias } from '../attribution/api.ts'
import { startsBackground } from '../commands/background.ts'
import { filesRun, filesWritten } from '../commands/scripts.ts'
import { commandTargets } from '../commands/targets.ts'
import { type ToolClass, toolClass } from '../commands/tool-class.ts'
import type { ToolCall } from '../schema/tool-call.ts'

export interface CallText {
  readonly toolClass: number
  readonly flags: number
  readonly targets: readonly { readonly text: string; readonly port: number; readonly via: number }[]
}

export const attributionToolClasses: readonly ToolClass[] = [
  'git',
  'pip',
  'npm',
  'apt',
  'build',
  'curl',
  'ssh',
  'scan',
  'python',
  'node',
  'test',
  'container',
  'cloud',
  'cluster',
  'background',
  'edit',
  'read',
  'search',
  'browse',
  'agent',
  'shell-local',
  'shell-other',
  'other',
]

const vias = {
  literal: targetVias.indexOf('literal'),
  decoded: targetVias.indexOf('decoded'),
  script: targetVias.indexOf('script'),
  'tool-map': targetVias.indexOf('tool-map'),
}
const outputVia = targetVias.indexOf('output')
/** Tools that only look at or change files: they open no connection. */
const offline: ReadonlySet<ToolClass> = new Set(['edit', 'read'])
/** Answers are scanned this far: enough for a resolver's or an installer's lines. */
const outputScanChars = 1_024

/** Files written and run matter only to few calls; the cheap test spares the others a shell parse. */
const mayWriteOrRun =
  />|\btee\b|\.\/|\.(?:sh|py|js|mjs|ts|rb|pl|php|lua)\b|\bsource\b|^\. |\bcrontab\b|\b(?:ba|z|da)?sh /

export function callText(call: ToolCall): CallText & {
  readonly files?: { readonly writes: { path: string; text: CallText }[]; readonly runs: string[] }
} {
  const { name, command, writes } = call
  const kind = toolClass(name, command)
  // What a file editor writes is reached by whoever runs the file, not by the editor.
  const own = offline.has(kind) ? [] : targetsOf(name, command)
  const flags =
    (startsBackground(command, name) ? callFlags.background : 0) | (offline.has(kind) ? callFlags.offline : 0)
  const targets =
    call.output && !offline.has(kind)
      ? [...own, ...outputTargets(call.output, new Set(own.map((target) => target.text)))]
      : own
  const text = { toolClass: attributionToolClasses.indexOf(kind), flags, targets }
  const written = (writes ?? []).map(({ path, content }) => ({ path, content }))
  if (!mayWriteOrRun.test(command) && written.length === 0) return text
  const shell = offline.has(kind) ? '' : command
  for (const file of shell === '' ? [] : filesWritten(shell)) written.push(file)
  const runs = shell === '' ? [] : filesRun(shell)
  if (written.length === 0 && runs.length === 0) return text
  return {
    ...text,
    files: { writes: written.map(({ path, content }) => ({ path, text: contentText(content) })), runs },
  }
}

function contentText(content: string): CallText {
  const head = content.slice(0, 16_384)
  return {
    toolClass: 0,
    flags: startsBackground(head) ? callFlags.background : 0,
    targets: targetsOf('script', head),
  }
}

function targetsOf(name: string, command: string): CallText['targets'][number][] {
  return commandTargets(name, command).map(({ kind, value, via }) =>
    kind === 'port'
      ? { text: '', port: Number(value), via: vias[via] }
      : { text: value, port: 0, via: vias[via] },
  )
}

/** Addresses and names the tool's answer shows and the command does not. */
export function outputTargets(output: string, known: ReadonlySet<string>): CallText['targets'][number][] {
  return commandTargets('output', output.slice(0, outputScanChars))
    .filter(
      ({ kind, via, value }) => (kind === 'ip' || kind === 'name') && via === 'literal' && !known.has(value),
    )
    .slice(0, 8)
    .map(({ value }) => ({ text: value, port: 0, via: outputVia }))
}
