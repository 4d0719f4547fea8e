// Acts on a running sandbox: by a person through the control socket, and by the policy when something is found.

import { readFileSync } from 'node:fs'
import { quietly } from '../../base/quietly.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { hostKey, readHostPort } from '../../policy/hosts.ts'
import type { ActRequest, ActResult, Asker, BoxStatus } from '../../responses/api.ts'
import { keepEvidence } from '../../responses/evidence.ts'
import type { BoxGroup, CallGroup } from '../../sandboxes/cgroups.ts'
import type { Phase } from '../../schema/ask.ts'
import type { JournalLine } from '../../schema/journal.ts'
import { unitName } from './units.ts'

/** A call as the acts see it. */
export interface ContainedCall {
  /** Name of the unit as it stands in the journal. */
  readonly unit: string
  /** The number in the mark of its packets. */
  readonly number: number
  readonly toolCall: string
  readonly name: string
  readonly phase: Phase
  readonly group: CallGroup
  frozen: boolean
}

export interface ContainmentOptions {
  readonly box: string
  readonly mode: string
  readonly tier: string
  readonly dir: string
  readonly group: BoxGroup
  readonly gateway: Gateway
  readonly calls: () => Iterable<ContainedCall>
  readonly record: (line: JournalLine) => void
  readonly redact: (text: string) => string
  readonly onAct?: (request: ActRequest, result: ActResult, asker: Asker) => void
}

export interface Containment {
  act(request: ActRequest, asker: Asker): Promise<ActResult>
  /** Whether a destination is refused by an act, and why. */
  refusal(host: string, port: number | undefined): string | undefined
  /** The act that stopped something for good, once one did. */
  readonly stoppedBy: string | undefined
  /** Resolves when no act is on its way. */
  settled(): Promise<void>
}

export function startContainment(options: ContainmentOptions): Containment {
  const { box, gateway, group } = options
  const blocked = new Set<string>()
  let frozen = false
  let quarantined = false
  let stoppedBy: string | undefined
  let evidences = 0
  const onTheWay = new Set<Promise<unknown>>()

  function act(request: ActRequest, asker: Asker): Promise<ActResult> {
    const acting = actOnce(request, asker).finally(() => onTheWay.delete(acting))
    onTheWay.add(acting)
    return acting
  }

  async function actOnce(request: ActRequest, asker: Asker): Promise<ActResult> {
    if (request.act === 'status')
      return {
        act: 'status',
        ok: true,
        detail: `${box} is ${frozen ? 'frozen' : 'running'}.`,
        status: status(),
      }
    let result: ActResult
    try {
      result = { act: request.act, ...(await perform(request, asker)) }
    } catch (error) {
      result = { act: request.act, ok: false, detail: error instanceof Error ? error.message : String(error) }
    }
    const target = request.call ?? request.destination
    record({
      class: 'api_activity',
      box,
      operation: request.act,
      ...(target !== undefined && { target }),
      by: asker,
      ok: result.ok,
      detail: result.detail,
    })
    options.onAct?.(request, result, asker)
    return { ...result, status: status() }
  }

  /** What was done was done, whether or not the disk has room to say so. */
  function record(line: JournalLine): void {
    try {
      options.record(line)
    } catch {}
  }

  async function perform(
    { act: what, call, destination }: ActRequest,
    asker: Asker,
  ): Promise<{ ok: boolean; detail: string }> {
    if (what === 'block' || what === 'unblock') return blocking(what, destination)
    if (what === 'quarantine' || what === 'release') {
      quarantined = what === 'quarantine'
      const cut = quarantined ? gateway.cut(() => true, `${box} is quarantined`) : 0
      return {
        ok: true,
        detail: quarantined
          ? `Nothing leaves ${box} any more; ${connections(cut)} cut.`
          : `${box} may reach again what the policy allows.`,
      }
    }
    const one = call === undefined ? undefined : find(call)
    if (call !== undefined && !one) return { ok: false, detail: `No call ${call} is known in ${box}.` }
    if (what === 'freeze') return await freeze(one)
    if (what === 'thaw') {
      group.thaw(one?.group)
      if (one) one.frozen = false
      else frozen = false
      return { ok: true, detail: `${named(one)} runs again; connections that were cut stay cut.` }
    }
    // What a person's own signals end was not stopped by a response.
    if (asker.via !== 'signal') stoppedBy ??= 'kill'
    return await kill(one)
  }

  /** Cut, then freeze: a frozen process's kernel still acknowledges bytes, so nothing may be left to relay. */
  async function freeze(one: ContainedCall | undefined) {
    if (one) one.frozen = true
    else frozen = true
    const cut = gateway.cut(
      ({ unit }) => one === undefined || unit === one.number,
      `${named(one)} was frozen`,
    )
    const ok = await group.freeze(one?.group)
    if (!ok)
      return { ok, detail: `${named(one)} did not come to a stop within a second; ${connections(cut)} cut.` }
    return {
      ok,
      detail: `${named(one)} is frozen: ${group.members(one?.group).length} processes, ${connections(cut)} cut.`,
    }
  }

  async function kill(one: ContainedCall | undefined) {
    const stopped = await freeze(one)
    const pids = group.members(one?.group)
    const kept = keepQuietly(pids)
    const ok = await group.kill(one?.group)
    const left = group.members(one?.group).length
    return {
      ok,
      detail: ok
        ? `${pids.length} processes of ${named(one)} were killed; ${kept}.`
        : `${left} processes of ${named(one)} are left after two seconds. ${stopped.detail}`,
    }
  }

  /** No evidence is a pity; what should be killed and lives on would be worse. */
  function keepQuietly(pids: readonly number[]): string {
    try {
      const file = keepEvidence(options.dir, `kill-${++evidences}`, pids, options.redact)
      return `what they were is in ${file}`
    } catch (error) {
      return `what they were could not be kept (${error instanceof Error ? error.message : error})`
    }
  }

  function blocking(what: 'block' | 'unblock', destination: string | undefined) {
    if (destination === undefined)
      return {
        ok: false,
        detail: `${what} wants a destination: a name or an address, with :PORT or without.`,
      }
    const host = destinationKey(destination)
    if (what === 'unblock') {
      return blocked.delete(host)
        ? { ok: true, detail: `${host} is as the policy says again.` }
        : { ok: false, detail: `${host} was not blocked. Blocked are: ${[...blocked].join(', ') || 'none'}.` }
    }
    if (blocked.size >= blockedMax)
      return { ok: false, detail: `${blockedMax} destinations are blocked already.` }
    blocked.add(host)
    const cut = gateway.cut(({ line }) => {
      if (line.class !== 'network_activity') return false
      const { ip, port, hostname } = line.dstEndpoint
      return [ip, hostname, line.observed?.sni, line.observed?.httpHost].some(
        (name) => name !== undefined && isBlocked(name, port),
      )
    }, `${host} was blocked`)
    return { ok: true, detail: `${host} is refused from now on; ${connections(cut)} cut.` }
  }

  function isBlocked(host: string, port: number | undefined): boolean {
    if (blocked.size === 0) return false
    const name = hostKey(host)
    return blocked.has(name) || (port !== undefined && blocked.has(`${name}:${port}`))
  }

  function find(call: string): ContainedCall | undefined {
    // Of a subtree (`unit-1/4711-5`) the whole unit: it is what the kernel can freeze.
    const unit = call.split('/')[0]
    for (const one of options.calls()) if (one.toolCall === call || one.unit === unit) return one
    return undefined
  }

  function named(one: ContainedCall | undefined): string {
    return one ? `call ${one.toolCall}` : box
  }

  function status(): BoxStatus {
    const open = gateway.connections()
    let names = namedMax
    return {
      box,
      mode: options.mode,
      tier: options.tier,
      frozen,
      quarantined,
      blocked: [...blocked],
      open: open.length,
      connections: open.slice(0, listedMax).flatMap(({ line, actor, unit }) => {
        if (line.class !== 'network_activity') return []
        const { ip, port, hostname } = line.dstEndpoint
        const protocol = line.observed?.protocol
        return {
          to: `${hostname ?? ip}:${port}`,
          ...(actor.toolCall !== undefined && { call: actor.toolCall }),
          unit: unitName(unit),
          ...(protocol !== undefined && { protocol }),
        }
      }),
      calls: [...options.calls()].slice(-listedMax).flatMap((one) => {
        const pids = group.members(one.group)
        if (pids.length === 0) return []
        const running = pids.slice(0, names).map((pid) => ({ pid, name: processName(pid) }))
        names -= running.length
        const { toolCall: call, name, unit, frozen } = one
        return { call, name, unit, processes: pids.length, running, frozen }
      }),
    }
  }

  return {
    act,
    refusal(host, port) {
      if (quarantined) return `${box} is quarantined`
      // What it sent before it stood still may come to be answered only now.
      if (frozen) return `${box} is frozen`
      return isBlocked(host, port) ? `${host} was blocked` : undefined
    },
    get stoppedBy() {
      return stoppedBy
    },
    async settled() {
      while (onTheWay.size > 0) await Promise.allSettled(onTheWay)
    },
  }
}

/** However it was written, a destination has one key: `host` or `host:port`. */
function destinationKey(text: string): string {
  const { host, port } = readHostPort(text)
  const key = host.kind === 'name' ? host.name : host.kind === 'ip' ? host.ip : text.toLowerCase()
  return port === undefined ? key : `${key}:${port}`
}

const blockedMax = 10_000
const listedMax = 200
/** Processes that are named in a status. */
const namedMax = 100

/** As the kernel calls it; whoever runs inside chooses the word. */
function processName(pid: number): string {
  return quietly(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? ''
}

function connections(count: number): string {
  return `${count} ${count === 1 ? 'connection' : 'connections'}`
}
