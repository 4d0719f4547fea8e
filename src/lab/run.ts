// Re-enacts the incident in a closed range on this machine and leaves what an incident team would have had,
// beside the truth that no incident team has.

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { OperatorError } from '../base/errors.ts'
import { driveBox, type EpisodeLog, nowUs } from './agents/driver.ts'
import { type CanRunLab, canRunLab, findProgram, npmFolder } from './can-run.ts'
import { listen } from './listen.ts'
import { planLab } from './plan.ts'
import { seededRandom } from './random.ts'
import { openRange } from './range/network.ts'
import { staffRange, startInnocents } from './range/staff.ts'
import { type FirewallLog, type LabSummary, writeOutcome } from './write.ts'

export interface LabOptions {
  /** Decides everything but the timing. */
  readonly seed: number
  /** Gets `logs/`, `nat/` (unless `nat` is keyed) and `truth/`; made when it is not there. */
  readonly dir: string
  /** How long the agents work; 40 when absent. */
  readonly seconds?: number
  /**
   * `shared`: `logs/` tells the host of a connection (its share of the NAT's ports), not the box; the NAT's own
   * log lies apart in `nat/`. `keyed`: it lies in `logs/firewall/` too, and every box is exact.
   */
  readonly nat?: 'shared' | 'keyed'
  /** How the firewall writes: Suricata's EVE (default), Alibaba Cloud Firewall, both, or only the packets it saw. */
  readonly firewall?: FirewallLog
  readonly signal: AbortSignal
  progress(line: string): void
}

export type LabResult = LabSummary & { readonly dir: string; readonly wallMs: number }

const settleMs = 1000

/**
 * Runs the lab. Throws an `OperatorError` when this machine cannot, and the signal's reason when it was stopped;
 * the machine is left as it was in every case.
 */
export async function runLab(options: LabOptions): Promise<LabResult> {
  const { seed, dir, progress, seconds = 40 } = options
  const signal = AbortSignal.any([options.signal])
  setMaxListeners(0, signal) // Every box and every wait listens.
  const possible: CanRunLab = canRunLab()
  if (!possible.ok) {
    throw new OperatorError('environment', {
      what: 'The lab cannot run here.',
      why: possible.why,
      fix: possible.fix,
    })
  }
  const startedMs = Date.now()
  const plan = planLab(seed, { nmap: findProgram('nmap') !== undefined, npm: npmFolder() !== undefined })
  const random = seededRandom(seed)
  signal.throwIfAborted()
  progress(`Opening a closed network: 2 hosts, 12 sandboxes, one NAT address (${plan.natIp}).`)
  const range = await openRange(plan)
  const onAbort = () => void range.close()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    const durationMs = seconds * 1000
    const complaints: string[] = []
    const failures: string[] = []
    await staffRange(range, plan, random.fork('staff'), {
      durationMs,
      complain: (line) => complaints.length < 200 && complaints.push(line),
      fail: (line) => failures.push(line),
    })
    const ears = await listen(range, plan.natIp)
    const quietFromUs = nowUs()
    startInnocents(range, plan, random.fork('innocents'))
    // Nobody but cron and daemons: a window in which no agent runs tells an investigation what normal is.
    await sleep(Math.min(3000, durationMs * 0.1), undefined, { signal })
    progress(`Agents at work for ${seconds} s.`)
    const agentsFromUs = nowUs()
    const log: EpisodeLog[] = []
    const untilMs = Date.now() + durationMs
    const boxes = plan.hosts.flatMap((host) => host.boxes.map((box) => ({ plan, host, box })))
    const ticker = setInterval(() => {
      const calls = log.reduce((sum, { calls }) => sum + calls.length, 0)
      progress(`${calls} tool calls in ${log.length} episodes so far.`)
    }, 10_000)
    try {
      await Promise.all(
        boxes.map((where) =>
          driveBox(range.boxes[where.box.index]!, where, {
            random: random.fork(where.box.name),
            untilMs,
            signal,
            log,
          }),
        ),
      )
    } finally {
      clearInterval(ticker)
    }
    signal.throwIfAborted()
    const agentsToUs = nowUs()
    await sleep(settleMs, undefined, { signal })
    if (failures.length > 0) throw new Error(`The run is worthless: ${failures.join('; ')}.`)
    const heard = await ears.stop()
    const stopUs = nowUs()
    progress('Writing the logs and the truth.')
    const summary = writeOutcome({
      plan,
      dir,
      heard,
      log,
      quietFromUs,
      agentsFromUs,
      agentsToUs,
      stopUs,
      complaints,
      nat: options.nat ?? 'shared',
      firewall: options.firewall ?? 'eve',
    })
    return { ...summary, dir, wallMs: Date.now() - startedMs }
  } catch (error) {
    // Once stopped, everything fails for the same reason.
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await range.close()
  }
}
