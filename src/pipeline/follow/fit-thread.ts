// The thread that fits: rows are handed to it as they come, and it answers when it has fitted them.

import type { Worker } from 'node:worker_threads'
import type { FitRequest, FitResult, PartMessage } from './fit-job.ts'
import { startWorker } from './worker-of.ts'

export type FitMessage =
  | { readonly type: 'parts'; readonly parts: readonly PartMessage[]; readonly gone: readonly number[] }
  | { readonly type: 'fit'; readonly request: FitRequest }

export type FitReply = { readonly result: FitResult } | { readonly failed: string }

export class FitThread {
  #worker: Worker | undefined
  #settle: { resolve(result: FitResult): void; reject(error: Error): void } | undefined

  add(parts: readonly PartMessage[], gone: readonly number[]): void {
    if (parts.length > 0 || gone.length > 0) this.#post({ type: 'parts', parts, gone })
  }

  /** One fit at a time. Fails when the thread fails; the next one begins with the rows that come after that. */
  fit(request: FitRequest): Promise<FitResult> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#post({ type: 'fit', request })
    })
  }

  async stop(): Promise<void> {
    this.#settle = undefined
    await this.#worker?.terminate()
    this.#worker = undefined
  }

  #post(message: FitMessage): void {
    this.#worker ??= this.#start()
    this.#worker.postMessage(message)
  }

  #start(): Worker {
    const worker = startWorker('fit-worker')
    worker.on('message', (reply: FitReply) => {
      if ('result' in reply) this.#settle?.resolve(reply.result)
      else this.#settle?.reject(new Error(reply.failed))
      this.#settle = undefined
    })
    const failed = (error: Error) => {
      if (this.#worker === worker) this.#worker = undefined
      this.#settle?.reject(error)
      this.#settle = undefined
    }
    worker.on('error', failed)
    worker.on('exit', () => failed(new Error('the thread that fits has ended')))
    return worker
  }
}
