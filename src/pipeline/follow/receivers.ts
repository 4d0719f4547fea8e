// What is received beside the files that are followed.

import type { Follow, FollowLimits, FollowOptions, FollowProblem, FollowStatus } from './api.ts'
import { parseListen } from './listen-address.ts'
import { listenOtlp, type OtlpReceiver } from './otlp-listen.ts'
import { Spool } from './spool.ts'
import { listenSyslog, type SyslogReceiver } from './syslog-listen.ts'

export interface Receivers {
  readonly listening: Follow['listening']
  counts(): FollowStatus['received']
  evictedBytes(): number
  close(): Promise<void>
}

const none = { records: 0, bytes: 0, dropped: 0 }

/** Throws OperatorError for addresses that can't be listened on. */
export async function openReceivers(
  options: Pick<FollowOptions, 'syslog' | 'otlp' | 'insecure'>,
  limits: FollowLimits,
  folder: string,
  hooks: {
    onProblem(problem: FollowProblem): void
    onSpooled(): void
    isRead(absolute: string): boolean
  },
): Promise<Receivers> {
  const insecure = options.insecure === true
  const syslogAt =
    options.syslog === undefined ? undefined : parseListen('--syslog', options.syslog, insecure)
  const otlpAt = options.otlp === undefined ? undefined : parseListen('--otlp', options.otlp, insecure)
  const spool = new Spool(folder, limits, hooks.isRead)
  const told = new Set<string>()
  const target = (where: string) => ({
    spool,
    limits,
    onSpooled: hooks.onSpooled,
    onProblem(what: string) {
      if (told.has(`${where} ${what}`) || told.size > 1_000) return
      told.add(`${where} ${what}`)
      hooks.onProblem({ where, what })
    },
  })
  let syslog: SyslogReceiver | undefined
  let otlp: OtlpReceiver | undefined
  try {
    if (syslogAt) syslog = await listenSyslog(syslogAt, target('syslog'))
    if (otlpAt) otlp = await listenOtlp(otlpAt, target('otlp'))
  } catch (error) {
    await syslog?.close()
    spool.close()
    throw error
  }
  return {
    listening: {
      ...(syslog ? { syslog: { udp: syslog.udp, tcp: syslog.tcp } } : {}),
      ...(otlp ? { otlp: otlp.address } : {}),
    },
    counts: () => ({ syslog: { ...(syslog?.counts ?? none) }, otlp: { ...(otlp?.counts ?? none) } }),
    evictedBytes: () => spool.evictedBytes,
    async close() {
      await syslog?.close()
      await otlp?.close()
      spool.close()
    },
  }
}
