// What models ask for, read where their answers pass the gateway in the open: plain HTTP, or TLS that a rule opens. It is
// what the agent's side says, as hooks are: a label, never an identity.

import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { ExchangeWatcher, GatewayOptions } from '../../gateway/api.ts'
import { isModelRequest, ModelAnswer, type ModelCall } from '../../protocols/model-answers.ts'
import type { JournalActor } from '../../schema/journal.ts'

export interface ModelTrafficOptions {
  /** A model asks for a call. Gives the id it is kept by; undefined when it is not. */
  readonly onCall: (call: ModelCall, actor: JournalActor) => string | undefined
  /** What the call gave went back to the model. */
  readonly onResult: (id: string) => void
}

export interface ModelTraffic {
  readonly watch: NonNullable<GatewayOptions['watchExchange']>
  /** How many there were. */
  calls(): number
}

const limits = {
  /** Answers that are read at once; further ones pass unread. */
  answers: 64,
  /** Calls whose results are waited for; of more, the oldest are not any more. */
  waiting: 64,
  /** Compressed bytes of one answer; what they become has a limit too (protocols/model-answers.ts). */
  bytes: 8 * 1024 * 1024,
} as const

export function startModelTraffic({ onCall, onResult }: ModelTrafficOptions): ModelTraffic {
  /** By the model's id, as it stands in requests that bring results. */
  const waiting = new Map<string, { readonly id: string; readonly bytes: Buffer }>()
  let answers = 0
  let calls = 0

  function called(call: ModelCall, actor: JournalActor): void {
    calls++
    const id = onCall(call, actor)
    if (id === undefined) return
    waiting.set(call.id, { id, bytes: Buffer.from(JSON.stringify(call.id)) })
    const [oldest] = waiting.keys()
    if (waiting.size > limits.waiting && oldest !== undefined) waiting.delete(oldest)
  }

  return {
    calls: () => calls,
    watch(request, actor) {
      if (!isModelRequest(request.method, request.path) || answers >= limits.answers) return undefined
      answers++
      return watcher(actor)
    },
  }

  function watcher(actor: JournalActor): ExchangeWatcher {
    let take: ((bytes: Uint8Array) => void) | undefined
    let finish = () => {}
    let left: number = limits.bytes
    // An id may stand across two pieces.
    let before: Uint8Array = Buffer.alloc(0)
    return {
      request(bytes) {
        if (waiting.size === 0) return
        const longest = Math.max(...[...waiting.values()].map((one) => one.bytes.length))
        const piece = Buffer.concat([before, bytes])
        for (const [key, { id, bytes: name }] of waiting) {
          if (piece.indexOf(name) < 0) continue
          waiting.delete(key)
          onResult(id)
        }
        before = piece.subarray(Math.max(0, piece.length - longest))
      },
      answered(status, contentType, contentEncoding) {
        if (status !== 200) return
        const answer = new ModelAnswer(contentType.startsWith('text/event-stream'), (call) =>
          called(call, actor),
        )
        const decoder = new TextDecoder()
        const read = (bytes: Uint8Array) => {
          answer.text(decoder.decode(bytes, { stream: true }))
          if (!answer.over) return
          take = undefined
          // A little that becomes very much: no more of it.
          if (typeof unzip === 'object') unzip.destroy()
        }
        const unzip = decompressor(contentEncoding)
        if (unzip === 'unknown') return
        if (!unzip) {
          take = read
          finish = () => answer.end()
          return
        }
        unzip.on('data', read)
        unzip.once('error', () => answer.end())
        unzip.once('end', () => answer.end())
        take = (bytes) => void unzip.write(bytes)
        finish = () => {
          if (!unzip.destroyed) unzip.end()
        }
      },
      answer(bytes) {
        left -= bytes.length
        if (left >= 0) take?.(bytes)
      },
      end() {
        answers--
        finish()
      },
    }
  }
}

/** Undefined where nothing is compressed. */
function decompressor(encoding: string) {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    case 'deflate':
      return createInflate()
    default:
      return 'unknown'
  }
}
