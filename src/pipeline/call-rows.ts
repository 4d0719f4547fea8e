// The calls of one file (or part of it) as columns, filled row by row.

import type { ToolCall } from '../schema/tool-call.ts'
import { exitCodeCell, listSeparator, timeSources } from './batch-words.ts'
import { type CallText, callText } from './call-text.ts'
import { copyRows, TextColumn, type Texts, u8, u16, u32 } from './grow.ts'

/** Files a call put in place and files it runs, so that one can be tied to the other. */
export interface CallFiles {
  readonly call: number
  readonly writes: readonly { readonly path: string; readonly text: CallText }[]
  readonly runs: readonly string[]
  /** What the tool itself wrote, whole: detections read it when the file is run. */
  readonly raw?: NonNullable<ToolCall['writes']>
}

export type CallBatch = ReturnType<CallRows['finish']>

function rows(n: number) {
  return {
    startUs: new Float64Array(n),
    endUs: new Float64Array(n),
    uncertaintyUs: new Float64Array(n),
    clock: new Uint16Array(n),
    hints: new Uint32Array(n),
    episode: new Uint32Array(n),
    run: new Uint32Array(n),
    policyVersion: new Uint32Array(n),
    name: new Uint32Array(n),
    step: new Int32Array(n),
    turn: new Int32Array(n),
    reward: new Float64Array(n),
    exitCode: new Int32Array(n),
    toolClass: new Uint8Array(n),
    flags: new Uint8Array(n),
    timeSource: new Uint8Array(n),
    targetsEnd: new Uint32Array(n),
    line: new Uint32Array(n),
  }
}

export class CallRows {
  readonly files: CallFiles[] = []
  readonly #texts: Texts
  #n = 0
  #room = 1024
  #rows = rows(1024)
  readonly #targets = { text: u32(), port: u16(), via: u8() }
  readonly #command = new TextColumn()
  readonly #sourceId = new TextColumn()
  // The calls of one box hand over the same list of its names.
  #hints: readonly string[] = []
  #hintsId = 0

  constructor(texts: Texts) {
    this.#texts = texts
  }

  push(call: ToolCall, clock: number): void {
    const text = callText(call)
    if (text.files)
      this.files.push({ call: this.#n, ...text.files, ...(call.writes ? { raw: call.writes } : {}) })
    if (this.#n === this.#room) this.#grow()
    const i = this.#n++
    const c = this.#rows
    const texts = this.#texts
    c.startUs[i] = call.start.us
    c.endUs[i] = call.end ? call.end.us + (call.end.spanUs > 1 ? call.end.spanUs : 0) : Number.NaN
    c.uncertaintyUs[i] = call.uncertaintyMs * 1000
    c.clock[i] = clock
    if (call.boxHints !== this.#hints) {
      this.#hints = call.boxHints
      this.#hintsId = texts.id(call.boxHints.join(listSeparator))
    }
    c.hints[i] = this.#hintsId
    c.episode[i] = texts.id(call.episode)
    c.run[i] = texts.id(call.run)
    c.policyVersion[i] = texts.id(call.policyVersion)
    c.name[i] = texts.id(call.name)
    c.step[i] = call.step ?? -1
    c.turn[i] = call.turn ?? -1
    c.reward[i] = call.reward ?? Number.NaN
    c.exitCode[i] = exitCodeCell(call.exitCode)
    c.toolClass[i] = text.toolClass
    c.flags[i] = text.flags
    c.timeSource[i] = timeSources.indexOf(call.timeSource)
    for (const target of text.targets) {
      this.#targets.text.push(texts.id(target.text))
      this.#targets.port.push(target.port)
      this.#targets.via.push(target.via)
    }
    c.targetsEnd[i] = this.#targets.text.length
    c.line[i] = call.line
    this.#command.push(call.command)
    this.#sourceId.push(call.sourceId ?? '')
  }

  #grow(): void {
    this.#room *= 2
    this.#rows = copyRows(this.#rows, rows(this.#room), this.#n)
  }

  finish() {
    return {
      n: this.#n,
      ...copyRows(this.#rows, rows(this.#n), this.#n),
      targets: this.#targets.text.finish(),
      targetPort: this.#targets.port.finish(),
      targetVia: this.#targets.via.finish(),
      command: this.#command.finish(),
      sourceId: this.#sourceId.finish(),
    }
  }
}
