// Ties a call that runs a file to what an earlier call of the same sandbox put into it.

import { callFlags, targetVias } from '../attribution/api.ts'
import { samePath } from '../commands/scripts.ts'
import type { CallText } from './call-text.ts'
import type { Merged } from './merge.ts'

export interface TargetColumns {
  readonly targetsStart: Uint32Array
  readonly targets: Uint32Array
  readonly targetPort: Uint16Array
  readonly targetVia: Uint8Array
  readonly flags: Uint8Array
}

const script = targetVias.indexOf('script')

/**
 * The calls' targets, with `more` of them and with those of the scripts they run added as `script`. The latest version written before
 * the run counts. Work that the script leaves in the background counts for the call that runs it.
 */
export function linkScripts(
  merged: Merged,
  box: Uint32Array,
  more: ReadonlyMap<number, CallText['targets']> = new Map(),
): TargetColumns {
  const { calls, callFiles, texts } = merged
  const flags = calls.flags.slice()
  const added = new Map<number, CallText['targets']>(more)
  const written = new Map<string, { path: string; call: number; text: CallText }[]>()
  const placeOf = (j: number) => `${box[j]} ${box[j] === 0 ? calls.episode[j] : ''}`
  for (const { call, writes } of callFiles) {
    for (const { path, text } of writes) {
      const key = `${placeOf(call)} ${path.slice(path.lastIndexOf('/') + 1)}`
      const list = written.get(key) ?? []
      list.push({ path, call, text })
      written.set(key, list)
    }
  }
  for (const { call, runs } of callFiles) {
    for (const path of runs) {
      const key = `${placeOf(call)} ${path.slice(path.lastIndexOf('/') + 1)}`
      let latest: { call: number; text: CallText } | undefined
      for (const write of written.get(key) ?? []) {
        if (!samePath(write.path, path) || calls.startUs[write.call]! > calls.startUs[call]!) continue
        if (!latest || calls.startUs[write.call]! >= calls.startUs[latest.call]!) latest = write
      }
      if (!latest) continue
      added.set(call, [
        ...(added.get(call) ?? []),
        ...latest.text.targets.map((t) => ({ ...t, via: script })),
      ])
      flags[call] = flags[call]! | (latest.text.flags & callFlags.background)
    }
  }
  if (added.size === 0) {
    const { targetsStart, targets, targetPort, targetVia } = calls
    return { targetsStart, targets, targetPort, targetVia, flags }
  }
  let extra = 0
  for (const list of added.values()) extra += list.length
  const size = calls.targets.length + extra
  const targetsStart = new Uint32Array(calls.n + 1)
  const targets = new Uint32Array(size)
  const targetPort = new Uint16Array(size)
  const targetVia = new Uint8Array(size)
  let at = 0
  for (let j = 0; j < calls.n; j++) {
    for (let k = calls.targetsStart[j]!; k < calls.targetsStart[j + 1]!; k++) {
      targets[at] = calls.targets[k]!
      targetPort[at] = calls.targetPort[k]!
      targetVia[at++] = calls.targetVia[k]!
    }
    for (const target of added.get(j) ?? []) {
      targets[at] = texts.id(target.text)
      targetPort[at] = target.port
      targetVia[at++] = target.via
    }
    targetsStart[j + 1] = at
  }
  return { targetsStart, targets, targetPort, targetVia, flags }
}
