// Joins what different inputs say of the same thing: calls to boxes, halves of calls, episodes to their calls.

import { callFlags } from '../attribution/api.ts'
import type { EpisodeRecord } from '../schema/tool-call.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import { exitCodeCell, listSeparator, noExitCode, timeSources } from './batch-words.ts'
import { type CallText, outputTargets } from './call-text.ts'
import type { Merged } from './merge.ts'

/**
 * The sandbox of each call, as a text id; 0 when no input ties it to one.
 *
 * The trace's own names are looked up in the topology, most specific first; then a folder or file of the trace
 * that is named exactly like a box. Without a topology, the trace's most specific name stands for the box.
 */
export function joinBoxes(
  merged: Merged,
  topology: readonly TopologyEntry[],
): { box: Uint32Array; notes: string[] } {
  const { calls, texts, files } = merged
  const known = boxNames(topology)
  const byHints = new Map<string, number>()
  const box = new Uint32Array(calls.n)
  let fromPath = 0
  let unmatched = 0
  for (let j = 0; j < calls.n; j++) {
    const key = `${calls.hints[j]} ${calls.file[j]}`
    let id = byHints.get(key)
    if (id === undefined) {
      const hintText = texts.list[calls.hints[j]!]!
      const hints = hintText === '' ? [] : hintText.split(listSeparator)
      let name = firstKnown(hints, known)
      if (name === undefined && topology.length > 0)
        name = firstKnown(pathNames(files[calls.file[j]!]!.path), known)
      id = texts.id(name ?? hints[0])
      byHints.set(key, id)
      if (topology.length > 0 && name === undefined) unmatched++
      else if (name !== undefined && firstKnown(hints, known) === undefined) fromPath++
    }
    box[j] = id
  }
  const notes: string[] = []
  if (fromPath > 0)
    notes.push(
      `${fromPath} trace(s) name their sandbox only by their file's path; it was matched to the topology.`,
    )
  if (unmatched > 0) {
    notes.push(
      `${unmatched} trace(s) name no sandbox of the topology; their calls stay candidates wherever no exact key speaks against them. Add the sandbox's name or container id to the topology as "box" or "aliases".`,
    )
  }
  return { box, notes }
}

function boxNames(topology: readonly TopologyEntry[]): Map<string, string> {
  const known = new Map<string, string>()
  for (const entry of topology) {
    for (const name of [entry.box, ...(entry.aliases ?? [])]) {
      known.set(name.toLowerCase(), entry.box)
      // Docker shows the first 12 digits of a container's id.
      if (/^[0-9a-f]{64}$/i.test(name)) known.set(name.slice(0, 12).toLowerCase(), entry.box)
    }
  }
  return known
}

function firstKnown(names: readonly string[], known: ReadonlyMap<string, string>): string | undefined {
  for (const name of names) {
    const lower = name.toLowerCase()
    const box = known.get(lower) ?? (/^[0-9a-f]{64}$/.test(lower) ? known.get(lower.slice(0, 12)) : undefined)
    if (box !== undefined) return box
  }
  return undefined
}

/** Folders and the file's stem, the innermost first. */
function pathNames(path: string): string[] {
  const parts = path.split('/').reverse()
  const stem = (parts[0] ?? '').replace(/\.(?:gz|zst)$/i, '')
  const shorter: string[] = []
  for (let name = stem; name.includes('.'); ) {
    name = name.slice(0, name.lastIndexOf('.'))
    shorter.push(name)
  }
  return [...shorter, ...parts.slice(1)]
}

/**
 * What stands in another file than its call (same folder, same format, same id) is put to it, in place: its end,
 * the names of its sandbox and, as targets, what its answer shows. Must run before zones are settled.
 */
export function joinOutcomes(merged: Merged): {
  joined: number
  lost: number
  targets: ReadonlyMap<number, CallText['targets']>
} {
  const targets = new Map<number, CallText['targets']>()
  const wanted = merged.files.some((file) => file.parts.some((part) => part.outcomes.length > 0))
  if (!wanted) return { joined: 0, lost: 0, targets }
  const { calls, texts, clocks } = merged
  const folderOf = (file: number) =>
    `${merged.files[file]!.format} ${merged.files[file]!.path.replace(/[^/]*$/, '')}`
  const byKey = new Map<string, number>()
  for (let j = 0; j < calls.n; j++) {
    const id = merged.sourceId(j)
    if (id !== '') byKey.set(`${folderOf(calls.file[j]!)} ${id}`, j)
  }
  let joined = 0
  let lost = 0
  for (const [f, file] of merged.files.entries()) {
    for (const part of file.parts) {
      for (const outcome of part.outcomes) {
        const j = byKey.get(`${folderOf(f)} ${outcome.sourceId}`)
        if (j === undefined) {
          lost++
          continue
        }
        joined++
        const { end } = outcome
        // Two zones in one trace cannot be compared; its own end, if any, stays.
        const comparable = end !== undefined && end.zone === clocks[calls.clock[j]!]!.zone
        if (comparable && Number.isNaN(calls.endUs[j]!) && end.us >= calls.startUs[j]!) {
          calls.endUs[j] = end.us + (end.spanUs > 1 ? end.spanUs : 0)
          calls.timeSource[j] = timeSources.indexOf('transcript')
        }
        if (calls.exitCode[j] === noExitCode) calls.exitCode[j] = exitCodeCell(outcome.exitCode)
        if (outcome.boxHints && outcome.boxHints.length > 0) {
          const known = texts.list[calls.hints[j]!]!
          const names = new Set([...outcome.boxHints, ...(known === '' ? [] : known.split(listSeparator))])
          calls.hints[j] = texts.id([...names].join(listSeparator))
        }
        if (outcome.output !== undefined && (calls.flags[j]! & callFlags.offline) === 0) {
          const own = new Set<string>()
          for (let k = calls.targetsStart[j]!; k < calls.targetsStart[j + 1]!; k++)
            own.add(texts.list[calls.targets[k]!]!)
          targets.set(j, outputTargets(outcome.output, own))
        }
      }
    }
  }
  return { joined, lost, targets }
}

/**
 * Fills what calls lack from episode records: by the episode's id, else by sandbox and time when one episode
 * alone covers the call's start. What a call says itself stays.
 */
export function joinEpisodes(merged: Merged, box: Uint32Array, topology: readonly TopologyEntry[]): void {
  const { calls, texts } = merged
  const records = merged.files.flatMap((file) => file.parts.flatMap((part) => part.episodes))
  if (records.length === 0) return
  const byId = new Map<number, EpisodeRecord>()
  const byBox = new Map<number, EpisodeRecord[]>()
  const known = boxNames(topology)
  for (const record of records) {
    const id = texts.find(record.episode)
    if (id !== 0) byId.set(id, combine(byId.get(id), record))
    for (const hint of record.boxHints) {
      const boxId = texts.find(firstKnown([hint], known) ?? hint)
      if (boxId === 0) continue
      const list = byBox.get(boxId) ?? []
      list.push(record)
      byBox.set(boxId, list)
    }
  }
  for (let j = 0; j < calls.n; j++) {
    const start = calls.startUs[j]!
    let record = calls.episode[j] ? byId.get(calls.episode[j]!) : undefined
    if (!record && box[j]) {
      const covering = (byBox.get(box[j]!) ?? []).filter(
        (r) => r.start && r.end && r.start.us - r.start.spanUs <= start && start <= r.end.us + r.end.spanUs,
      )
      const [only] = covering
      if (covering.length === 1) record = only
    }
    if (!record) continue
    if (calls.episode[j] === 0) calls.episode[j] = texts.id(record.episode)
    if (calls.run[j] === 0) calls.run[j] = texts.id(record.run)
    if (calls.step[j] === -1 && record.step !== undefined) calls.step[j] = record.step
    if (calls.policyVersion[j] === 0) calls.policyVersion[j] = texts.id(record.policyVersion)
    if (Number.isNaN(calls.reward[j]!) && record.reward !== undefined) calls.reward[j] = record.reward
  }
}

function combine(known: EpisodeRecord | undefined, next: EpisodeRecord): EpisodeRecord {
  if (!known) return next
  const defined = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined))
  return { ...known, ...defined, boxHints: known.boxHints.length > 0 ? known.boxHints : next.boxHints }
}

/** Turns that no trace numbered: the call's index in its episode, by start. */
export function numberTurns(merged: Merged): void {
  const { calls } = merged
  const lacking: number[] = []
  for (let j = 0; j < calls.n; j++) if (calls.turn[j] === -1 && calls.episode[j] !== 0) lacking.push(j)
  lacking.sort(
    (a, b) =>
      calls.episode[a]! - calls.episode[b]! ||
      calls.startUs[a]! - calls.startUs[b]! ||
      calls.file[a]! - calls.file[b]! ||
      a - b,
  )
  let turn = 0
  for (const [k, j] of lacking.entries()) {
    turn = k > 0 && calls.episode[lacking[k - 1]!] === calls.episode[j] ? turn + 1 : 0
    calls.turn[j] = turn
  }
}
