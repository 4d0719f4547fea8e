// Opens a stream: what lies there is read, what comes is answered, until it is finished or closed.

import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { OperatorError } from '../../base/errors.ts'
import type { Summary } from '../../schema/summary.ts'
import { lockForWriting } from '../../store/lock.ts'
import { redactor } from '../redact.ts'
import { stateFolder } from '../state-folder.ts'
import { type Follow, type FollowEvent, type FollowOptions, type FollowStatus, followLimits } from './api.ts'
import { CaseBuilder } from './case-build.ts'
import { DirectoryHints } from './directory-hints.ts'
import { Follower, messageOf } from './follower.ts'
import { Pager } from './paging.ts'
import { openReceivers } from './receivers.ts'
import { followFolder, readState, streamKey } from './state-file.ts'
import { statusOf } from './status.ts'

const caseEveryMs = 60_000
/** A full investigation rests this many times as long as the last one took. */
const caseRest = 10

/** Begins to follow. Throws OperatorError for what can't be followed, listened on or written. */
export async function openFollow(options: FollowOptions): Promise<Follow> {
  const limits = { ...followLimits, ...options.limits }
  const listens = [options.syslog, options.otlp].flatMap((address, k) =>
    address === undefined ? [] : [`${k}${address}`],
  )
  if (options.paths.length === 0 && listens.length === 0) {
    throw new OperatorError('usage', {
      what: 'Nothing to follow was given.',
      fix: 'Name logs and traces that grow, as files or folders, or an address to receive them on.',
    })
  }
  const folder = options.state ?? followFolder(stateFolder(process.env, homedir()), options.paths, listens)
  const lock = lockedFolder(folder)
  const { state, broken } = readState(folder)
  const redact = redactor(streamKey(folder))
  const now = () => performance.now()
  const tell = (event: FollowEvent) => {
    pager?.see(event)
    try {
      options.on?.(event)
    } catch {
      // Whoever listens must not end the watch.
    }
  }
  const spool = join(folder, 'spool')
  mkdirSync(spool, { recursive: true, mode: 0o700 })
  const inputs = [...options.paths, ...(options.topology === undefined ? [] : [options.topology]), spool]
  const pager =
    options.page === undefined
      ? undefined
      : new Pager(options.page, limits, state.paged, (event) => tell(event))
  const follower = new Follower({ ...options, folder, limits, inputs, from: state, tell, now, redact })
  if (pager) follower.paged = () => pager.paged()
  if (broken)
    follower.problem({
      where: 'state',
      what: 'what was kept of the last time can’t be read; all is read anew',
    })
  const receivers = await openReceivers(options, limits, spool, {
    onProblem: (problem) => follower.problem(problem),
    isRead: (absolute) => isRead(follower, absolute),
  }).catch(async (error: unknown) => {
    await follower.stop()
    closeSync(lock)
    throw error
  })
  const hints = new DirectoryHints(() => follower.scanSoon())
  const builder = new CaseBuilder(join(folder, 'case'))
  let stopped = false
  let sleeping: (() => void) | undefined
  let waiters: { after: number; resolve: () => void }[] = []
  let turns = 0
  let caseEnded = now()
  let caseTook = 0
  let answeredAtCase = 0

  async function loop(): Promise<void> {
    while (!stopped) {
      const began = now()
      let busy = false
      try {
        busy = await follower.step()
        hints.watch([...follower.inventory.files.values()].map(({ absolute }) => absolute))
      } catch (error) {
        follower.problem({ where: 'stream', what: messageOf(error) })
      }
      turns++
      if (!busy && !stopped) {
        const done = waiters.filter(({ after }) => turns > after)
        waiters = waiters.filter(({ after }) => turns <= after)
        for (const { resolve } of done) resolve()
      }
      if (!stopped) buildIfDue()
      // Rows are asked about together: each question has a cost of its own.
      await sleep(follower.behind ? 0 : Math.max(0, limits.pollMs - (now() - began)))
    }
    for (const { resolve } of waiters) resolve()
  }

  function sleep(ms: number): Promise<void> {
    if (ms === 0) return new Promise((resolve) => setImmediate(resolve))
    return new Promise((resolve) => {
      const timer = setTimeout(go, ms)
      function go(): void {
        clearTimeout(timer)
        sleeping = undefined
        resolve()
      }
      sleeping = go
      if (stopped) go()
    })
  }

  function buildIfDue(): void {
    const every = options.caseEveryMs ?? caseEveryMs
    const said = follower.answers.answered + follower.answers.revised
    if (every === 0 || builder.running || said === answeredAtCase) return
    if (now() - caseEnded < Math.max(every, caseRest * caseTook)) return
    answeredAtCase = said
    investigateNow().catch((error: unknown) => follower.problem({ where: 'case', what: messageOf(error) }))
  }

  async function investigateNow(): Promise<Summary> {
    const began = now()
    try {
      const paths = options.paths.filter((path) => existsSync(path))
      if (readdirSync(spool).length > 0) paths.push(spool)
      if (paths.length === 0) {
        throw new OperatorError('usage', {
          what: 'There is nothing to investigate yet.',
          fix: 'Wait until something has arrived.',
        })
      }
      const { topology, zones = [], controls = [] } = options
      const job = { paths, zones, controls, ...(topology === undefined ? {} : { topology }) }
      const summary = await builder.buildAnew(job)
      tell({ type: 'case', folder: builder.folder, summary })
      return summary
    } finally {
      caseEnded = now()
      caseTook = caseEnded - began
    }
  }

  const running = loop()

  async function halt(): Promise<void> {
    if (!stopped) {
      stopped = true
      sleeping?.()
    }
    await running
    hints.close()
    await receivers.close()
  }

  async function close(): Promise<void> {
    await halt()
    builder.stop()
    await pager?.close()
    await follower.stop()
    closeSync(lock)
  }

  let closing: Promise<void> | undefined
  return {
    state: folder,
    caseFolder: builder.folder,
    listening: receivers.listening,
    status: (): FollowStatus => statusOf(follower, receivers, limits),
    recent: (max) => follower.answers.recent(max),
    incidents: () => follower.detections.incidents(),
    findings: () => follower.detections.findings(),
    settled: () =>
      new Promise((resolve) => {
        follower.scanSoon()
        waiters.push({ after: turns + 1, resolve })
      }),
    investigate: investigateNow,
    async finish() {
      await halt()
      await follower.end()
      const summary = await investigateNow()
      closing ??= close()
      await closing
      return summary
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

/** What lies in the spool and has been answered may make room. */
function isRead(follower: Follower, absolute: string): boolean {
  for (const file of follower.inventory.files.values()) {
    if (file.absolute === absolute) {
      return file.offset >= file.size && (follower.answers.answeredOf.get(file.id) ?? 0) >= file.sink.events
    }
  }
  return false
}

function lockedFolder(folder: string): number {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const lock = openSync(join(folder, 'lock'), 'a', 0o600)
    if (lockForWriting(lock)) return lock
    closeSync(lock)
  } catch (cause) {
    throw new OperatorError('environment', {
      what: `${folder}: what is known of the stream can't be kept there (${messageOf(cause)})`,
      fix: 'Make it writable, or set XDG_STATE_HOME to a folder that is.',
      cause,
    })
  }
  throw new OperatorError('environment', {
    what: `${folder}: another process follows the same paths`,
    fix: 'End that one first, or follow other paths.',
  })
}
