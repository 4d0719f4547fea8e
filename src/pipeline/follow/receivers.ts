// What is received beside the files that are followed: addresses are checked here, a thread listens.

import { OperatorError } from '../../base/errors.ts'
import type { Follow, FollowLimits, FollowOptions, FollowProblem, FollowStatus } from './api.ts'
import { type ListenAddress, parseListen } from './listen-address.ts'
import { startWorker } from './worker-of.ts'

export interface ReceiverStart {
  readonly syslogAt: ListenAddress | undefined
  readonly otlpAt: ListenAddress | undefined
  readonly limits: FollowLimits
  readonly folder: string
}

export type ReceiverSays =
  | { readonly type: 'listening'; readonly listening: Follow['listening'] }
  | { readonly type: 'failed'; readonly what: string; readonly fix?: string }
  | { readonly type: 'problem'; readonly problem: FollowProblem }
  | {
      readonly type: 'counts'
      readonly counts: FollowStatus['received']
      readonly evictedBytes: number
      readonly segments: readonly string[]
    }
  | { readonly type: 'closed' }

export type ReceiverAsks =
  /** Files of the spool of which all was answered: they may make room. */
  { readonly type: 'read'; readonly paths: readonly string[] } | { readonly type: 'close' }

export interface Receivers {
  readonly listening: Follow['listening']
  counts(): FollowStatus['received']
  evictedBytes(): number
  /** Everything that was acknowledged is in the spool when it resolves. */
  close(): Promise<void>
}

const none = { records: 0, bytes: 0, dropped: 0 }
const silent: Receivers = {
  listening: {},
  counts: () => ({ syslog: none, otlp: none }),
  evictedBytes: () => 0,
  close: () => Promise.resolve(),
}

/** Throws OperatorError for addresses that can't be listened on. */
export async function openReceivers(
  options: Pick<FollowOptions, 'syslog' | 'otlp' | 'insecure'>,
  limits: FollowLimits,
  folder: string,
  hooks: { onProblem(problem: FollowProblem): void; isRead(absolute: string): boolean },
): Promise<Receivers> {
  const insecure = options.insecure === true
  const syslogAt =
    options.syslog === undefined ? undefined : parseListen('--syslog', options.syslog, insecure)
  const otlpAt = options.otlp === undefined ? undefined : parseListen('--otlp', options.otlp, insecure)
  if (!syslogAt && !otlpAt) return silent
  const start: ReceiverStart = { syslogAt, otlpAt, limits, folder }
  const worker = startWorker('receive-worker', start)
  let counts: FollowStatus['received'] = { syslog: none, otlp: none }
  let evictedBytes = 0
  let over: (() => void) | undefined
  const closed = new Promise<void>((resolve) => {
    over = resolve
  })
  const listening = await new Promise<Follow['listening']>((resolve, reject) => {
    worker.on('message', (said: ReceiverSays) => {
      if (said.type === 'listening') resolve(said.listening)
      else if (said.type === 'problem') hooks.onProblem(said.problem)
      else if (said.type === 'closed') over?.()
      else if (said.type === 'counts') {
        counts = said.counts
        evictedBytes = said.evictedBytes
        const ask: ReceiverAsks = { type: 'read', paths: said.segments.filter((path) => hooks.isRead(path)) }
        worker.postMessage(ask)
      } else {
        const { what, fix } = said
        void worker.terminate()
        reject(new OperatorError('environment', { what, ...(fix === undefined ? {} : { fix }) }))
      }
    })
    const failed = (error: Error) => {
      reject(error)
      over?.()
      hooks.onProblem({ where: 'receivers', what: `nothing is received any more: ${error.message}` })
    }
    worker.once('error', failed)
    worker.once('exit', () => over?.())
  })
  return {
    listening,
    counts: () => counts,
    evictedBytes: () => evictedBytes,
    async close() {
      const ask: ReceiverAsks = { type: 'close' }
      worker.postMessage(ask)
      await closed
      await worker.terminate()
    },
  }
}
