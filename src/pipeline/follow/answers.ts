// Puts answers into words, keeps them, and tells of them: each event once, and again when the answer has changed.

import { eventFlags, tiers } from '../../attribution/api.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import { toIso } from '../../base/time.ts'
import { eventClasses } from '../../schema/event.ts'
import { allowedFlag } from '../batch-words.ts'
import type { Redact } from '../redact.ts'
import { AnswerLog, type Restored } from './answer-log.ts'
import type { FollowAnswer, FollowCall, FollowLimits } from './api.ts'
import { type Before, changes, type Finding, verdictAt, verdicts } from './verdicts.ts'
import { unanswered, type Window } from './window.ts'

const redactedMax = 20_000

export interface Told {
  readonly first: readonly FollowAnswer[]
  readonly revised: readonly FollowAnswer[]
}

export class Answers {
  readonly #window: Window
  readonly #onFirst: (row: number, box: number) => void
  readonly #redact: Redact
  readonly #redacted = new Map<string, string>()
  readonly #log: AnswerLog
  readonly #recent: BoundedMap<string, FollowAnswer>
  /** From before this start, by uid; used up as the events are read again. */
  readonly #restored = new Map<string, Restored>()
  /** By file, how many of its events were answered before this start. */
  readonly #answeredBefore = new Map<string, number>()
  answered = 0
  revised = 0

  constructor(
    window: Window,
    folder: string,
    limits: FollowLimits,
    answeredBefore: ReadonlyMap<string, number>,
    onFirst: (row: number, box: number) => void,
    redact: Redact,
  ) {
    this.#redact = redact
    this.#onFirst = onFirst
    this.#window = window
    this.#log = new AnswerLog(folder, limits.answerSegmentBytes, limits.answerBytes)
    this.#recent = new BoundedMap(limits.recent)
    for (const [file, events] of answeredBefore) this.#answeredBefore.set(file, events)
    this.#log.restore((uid, said) => {
      this.#restored.delete(uid)
      this.#restored.set(uid, said)
      if (this.#restored.size > limits.events) this.#restored.delete(this.#restored.keys().next().value ?? '')
      const [, file, index] = /^e([0-9a-f]{16})-(\d{1,15})$/.exec(uid) ?? []
      if (file === undefined) return
      const events = Number(index) + 1
      if (events > (this.#answeredBefore.get(file) ?? 0)) this.#answeredBefore.set(file, events)
    })
  }

  /** By file, how many of its events have been answered; they are answered in the order of the file. */
  readonly answeredOf = new Map<string, number>()

  get evictedBytes(): number {
    return this.#log.evictedBytes
  }

  recent(max: number): FollowAnswer[] {
    return [...this.#recent.values()].slice(-max).reverse()
  }

  /**
   * Keeps and tells what is new. Events that are asked about for the first time are marked as answered. Throws what the
   * system throws when it can't be written; then nothing was said.
   */
  say(findings: readonly Finding[], by: FollowAnswer['by']): Told {
    const first: FollowAnswer[] = []
    const revised: FollowAnswer[] = []
    const commits: (() => void)[] = []
    for (const finding of findings) {
      const place = this.#window.eventPlace(finding.row)
      if (!place) continue
      const { chunk, i } = place
      const { said } = chunk
      const file = chunk.eventFile[i]!
      const index = chunk.eventIndex[i]!
      const p = finding.p[0] ?? 0
      const after: Before = { verdict: verdictAt(p), call: finding.calls[0] ?? -1, p }
      const isFirst = said.verdict[i] === unanswered
      const uid = `e${file.id}-${index}`
      const restored = isFirst && index < (this.#answeredBefore.get(file.id) ?? 0)
      const known = restored ? this.#restored.get(uid) : undefined
      const before: Before & { revision: number } = known
        ? { ...known, call: known.toolCall === null ? -1 : this.#window.callRow(known.toolCall) }
        : { verdict: said.verdict[i]!, call: said.call[i]!, p: said.p[i]!, revision: said.revision[i]! }
      // What was said before the start and is no longer at hand is taken to be what is said now.
      const same = restored && !known
      const changed =
        (isFirst && !restored) || same ? [] : changes(this.#current(before), this.#current(after))
      const revision = isFirst && !restored ? 0 : before.revision + (changed.length > 0 ? 1 : 0)
      commits.push(() => {
        if (isFirst) {
          chunk.waiting--
          this.#onFirst(finding.row, finding.box)
          this.answeredOf.set(file.id, Math.max(index + 1, this.answeredOf.get(file.id) ?? 0))
          this.#restored.delete(uid)
        }
        said.verdict[i] = after.verdict
        said.call[i] = after.call
        said.p[i] = p
        said.revision[i] = Math.min(65_535, revision)
        said.box[i] = finding.box
        said.us[i] = finding.us
      })
      if (isFirst && !restored) first.push(this.#words(finding, uid, revision, by))
      else if (changed.length > 0) revised.push({ ...this.#words(finding, uid, revision, by), changed })
    }
    this.#log.append([...first, ...revised].map((answer) => JSON.stringify(answer)))
    for (const commit of commits) commit()
    for (const answer of [...first, ...revised]) this.#recent.delete(answer.uid)
    for (const answer of [...first, ...revised]) this.#recent.set(answer.uid, answer)
    this.answered += first.length
    this.revised += revised.length
    return { first, revised }
  }

  close(): void {
    this.#log.close()
  }

  #current(before: Before): Before {
    return { ...before, call: this.#window.currentCall(before.call) }
  }

  #words(finding: Finding, uid: string, revision: number, by: FollowAnswer['by']): FollowAnswer {
    const { chunk, i } = this.#window.eventPlace(finding.row)!
    const { events: e } = chunk
    const textOf = (id: number) => this.#window.texts.list[id] ?? ''
    const flags = e.flags[i]!
    const name = this.#safe(textOf(finding.name) || textOf(e.name[i]!))
    const rule = this.#safe(textOf(e.rule[i]!))
    const port = e.dstPort[i]!
    const p = finding.p[0] ?? 0
    const candidates = finding.calls.flatMap((row, k) => {
      const words = this.#window.wordsOf(row)
      return words ? [{ toolCall: words.uid, p: round(finding.p[k]!) }] : []
    })
    const verdict = verdictAt(p)
    const lead = verdict > 0 ? finding.calls[0] : undefined
    const call = lead === undefined ? undefined : this.#callOf(lead)
    const box = textOf(finding.box) || (lead === undefined ? '' : this.#boxOf(lead))
    return {
      _schema: 'vigiles/follow-answer/v1',
      uid,
      revision,
      by,
      alarm: (flags & (eventFlags.alert | eventFlags.blocked)) !== 0,
      event: {
        file: chunk.eventFile[i]!.path,
        line: e.line[i]!,
        time: Number.isFinite(finding.us) ? toIso(finding.us) : '',
        class: eventClasses[e.class[i]!]!,
        src: textOf(e.srcIp[i]!),
        dst: textOf(e.dstIp[i]!),
        port: port === 0 ? null : port,
        name: name === '' ? null : name,
        disposition: flags & eventFlags.blocked ? 'blocked' : flags & allowedFlag ? 'allowed' : null,
        rule: rule === '' ? null : rule,
      },
      verdict: verdicts[verdict]!,
      toolCall: lead === undefined ? null : (this.#window.wordsOf(lead)?.uid ?? null),
      ...(call === undefined ? {} : { call }),
      p: round(p),
      pNone: round(finding.pNone),
      tier: tiers[finding.tier]!,
      box: box === '' ? null : box,
      candidates,
    }
  }

  /** What a log says, without the secrets in it; few texts differ. */
  #safe(text: string): string {
    let known = this.#redacted.get(text)
    if (known === undefined) {
      known = this.#redact(text)
      if (this.#redacted.size > redactedMax) this.#redacted.clear()
      this.#redacted.set(text, known)
    }
    return known
  }

  #callOf(row: number): FollowCall | undefined {
    const place = this.#window.callPlace(row)
    if (!place) return undefined
    const { calls, words } = place.chunk
    const { name, command, sourceId, file, line } = words[place.j]!
    const episode = this.#window.texts.list[calls.episode[place.j]!] ?? ''
    const step = calls.step[place.j]!
    return {
      name,
      command,
      episode: episode === '' ? null : episode,
      step: step < 0 ? null : step,
      sourceId: sourceId === '' ? null : sourceId,
      file: file.path,
      line,
    }
  }

  #boxOf(row: number): string {
    const place = this.#window.callPlace(row)
    return place ? (this.#window.texts.list[place.chunk.calls.box[place.j]!] ?? '') : ''
  }
}

function round(p: number): number {
  return Math.round(p * 1e4) / 1e4
}
