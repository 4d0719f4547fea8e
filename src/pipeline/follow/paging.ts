// Calls somebody when an incident is what a rule names: once for each incident and rule, by webhook or by command.

import { spawn } from 'node:child_process'
import { type Severity, severities } from '../../schema/event.ts'
import type { FollowEvent, FollowIncident, FollowLimits, PageRule } from './api.ts'

const timeoutMs = 10_000
const triesMax = 5
const firstRestMs = 1_000
const pagedMax = 10_000

/** What is sent: the body of the request, and what the command reads. */
export interface Page {
  readonly _schema: 'vigiles/page/v1'
  readonly on: string
  readonly incident: FollowIncident
}

type Told = Extract<FollowEvent, { type: 'page' }>

interface Waiting {
  readonly rule: PageRule
  readonly page: Page
}

export interface PagerTimes {
  readonly timeoutMs: number
  readonly firstRestMs: number
}

export class Pager {
  readonly #rules: readonly PageRule[]
  readonly #max: number
  readonly #tell: (event: Told) => void
  readonly #times: PagerTimes
  readonly #paged = new Set<string>()
  readonly #queue: Waiting[] = []
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined

  /** `paged`: what was paged for before (`paged()` of another time). */
  constructor(
    rules: readonly PageRule[],
    limits: Pick<FollowLimits, 'pages'>,
    paged: readonly string[],
    tell: (event: Told) => void,
    times: PagerTimes = { timeoutMs, firstRestMs },
  ) {
    this.#rules = rules
    this.#max = limits.pages
    this.#tell = tell
    this.#times = times
    for (const key of paged) this.#paged.add(key)
  }

  paged(): string[] {
    return [...this.#paged].slice(-pagedMax)
  }

  /** Takes note of what happens; everything but incidents is passed over. */
  see(event: FollowEvent): void {
    if (event.type === 'incident') this.incident(event.incident)
  }

  incident(incident: FollowIncident): void {
    for (const [k, rule] of this.#rules.entries()) {
      if (!concerns(rule, incident)) continue
      // An incident that grows, or is found again after a restart, has some finding that was paged for.
      const keys = [incident.uid, ...incident.findings].map((uid) => `${k} ${uid}`)
      const known = keys.some((key) => this.#paged.has(key))
      for (const key of keys) this.#paged.add(key)
      while (this.#paged.size > pagedMax) this.#paged.delete(this.#paged.values().next().value ?? '')
      if (known) continue
      const page: Page = { _schema: 'vigiles/page/v1', on: rule.on, incident }
      if (this.#queue.length >= this.#max)
        this.#say({ rule, page }, false, 'too many pages wait; this one is dropped')
      else this.#queue.push({ rule, page })
    }
    this.#begin()
  }

  #begin(): void {
    if (this.#working || this.#queue.length === 0) return
    this.#working = this.#work().finally(() => {
      this.#working = undefined
      this.#begin()
    })
  }

  /** Waits until all that waits was sent or given up. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working
  }

  /** What waits for another try is given up. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.idle()
  }

  async #work(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) await this.#send(next)
  }

  async #send(waiting: Waiting): Promise<void> {
    let note = ''
    for (let tries = 0; tries < triesMax && !this.#stopping.signal.aborted; tries++) {
      if (tries > 0) await this.#rest(this.#times.firstRestMs * 2 ** (tries - 1))
      const failed = await this.#once(waiting)
      if (failed === undefined) {
        this.#say(waiting, true, tries === 0 ? 'sent' : `sent at try ${tries + 1}`)
        return
      }
      note = failed.why
      if (failed.final) break
    }
    this.#say(waiting, false, note === '' ? 'given up: the watch ended' : note)
  }

  #once({ rule, page }: Waiting): Promise<{ why: string; final: boolean } | undefined> {
    const body = JSON.stringify(page)
    if (rule.webhook !== undefined)
      return post(rule.webhook, body, this.#times.timeoutMs, this.#stopping.signal)
    return runCommand(rule.command ?? [], body, this.#times.timeoutMs)
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      const { signal } = this.#stopping
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done)
    })
  }

  #say({ rule, page }: Waiting, ok: boolean, note: string): void {
    const target = rule.webhook === undefined ? (rule.command?.[0] ?? '') : hostOf(rule.webhook)
    this.#tell({ type: 'page', incident: page.incident.uid, target, ok, note })
  }
}

function concerns({ on }: PageRule, { severity, detections }: FollowIncident): boolean {
  const asked = severities.indexOf(on as Severity)
  return asked < 0 ? detections.includes(on) : severities.indexOf(severity) >= asked
}

/** A webhook's path often is its password. */
function hostOf(webhook: string): string {
  try {
    return new URL(webhook).host
  } catch {
    return 'webhook'
  }
}

async function post(
  url: string,
  body: string,
  ms: number,
  stopping: AbortSignal,
): Promise<{ why: string; final: boolean } | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'vigiles' },
      body,
      // A page goes where the rule says and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(ms), stopping]),
    })
    await response.body?.cancel()
    if (response.ok) return undefined
    const { status } = response
    const redirected = status >= 300 && status < 400
    const final = redirected || (status >= 400 && status < 500 && status !== 408 && status !== 429)
    return {
      why: redirected ? `answered ${status}: redirects are not followed` : `answered ${status}`,
      final,
    }
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
    return {
      why: timedOut ? `no answer within ${ms} ms` : `it can't be reached${cause === '' ? '' : ` (${cause})`}`,
      final: false,
    }
  }
}

function runCommand(
  command: readonly string[],
  body: string,
  ms: number,
): Promise<{ why: string; final: boolean } | undefined> {
  const [program = '', ...rest] = command
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: ms,
      killSignal: 'SIGKILL',
    })
    child.once('error', (error) => resolve({ why: `it can't be run: ${error.message}`, final: true }))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined)
      else
        resolve({
          why: signal === null ? `it ended with ${code}` : `it was ended by ${signal}`,
          final: false,
        })
    })
    // A program that does not read its input is no fault of ours.
    child.stdin.on('error', () => {})
    child.stdin.end(body)
  })
}
