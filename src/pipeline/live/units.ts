// Which call a kernel unit is, and which of its processes has a socket.

import type { Flow } from '../../gateway/api.ts'
import type { BoxGroup } from '../../sandboxes/cgroups.ts'
import { processFacts, socketHolder } from '../../sandboxes/processes.ts'
import type { SocketTuple } from '../../sandboxes/sockets.ts'
import type { Unit } from '../../sandboxes/units.ts'
import type { Phase } from '../../schema/ask.ts'
import type { JournalActor, JournalProcess } from '../../schema/journal.ts'
import type { ContainedCall } from './containment.ts'

/** Calls that are remembered after they ended and nothing of them runs; their number never names another. */
const endedMax = 10_000

const anyAddress = '0.0.0.0'

export interface UnitOptions {
  readonly group: BoxGroup
  /** Inode of a flow's socket, from the kernel. */
  readonly inodeOf: (tuple: SocketTuple) => number | undefined
  /** The process that has a flow's socket, where that is how its unit was found. */
  readonly holderOf?: (tuple: SocketTuple) => number | undefined
  /** The unit that asked a unit through a listener inside; see askers.ts. */
  readonly askerOf?: (number: number) => number | undefined
  /** The sandbox's own process: nobody's ancestor. */
  readonly holderPid: number
  /** What an agent's processes are beside its unit; see agent-side.ts. */
  readonly agentOf?: (process: JournalProcess, host: string | undefined) => Partial<JournalActor>
}

/** What is known of each unit of one sandbox. */
export class Units {
  readonly #options: UnitOptions
  readonly #byNumber = new Map<number, ContainedCall & { readonly identity: boolean }>()
  /** The process that had the last socket of a unit: most have their next one too. */
  readonly #lastHolder = new Map<number, number>()
  readonly #outside = new Map<number, number>()
  /** As it was written last: the same object for the same process, so that its text need not be made again. */
  readonly #lastActor = new Map<number, JournalActor>()

  constructor(options: UnitOptions) {
    this.#options = options
  }

  /** `identity`: the boundary of the unit is the boundary of the call. */
  add(
    { number, group }: Unit,
    call: { readonly id: string; readonly name: string; readonly phase: Phase },
    identity: boolean,
  ): ContainedCall {
    const one = {
      unit: unitName(number),
      number,
      toolCall: call.id,
      name: call.name,
      phase: call.phase,
      group,
      frozen: false,
      identity,
    }
    this.#byNumber.set(number, one)
    const [oldest] = this.#byNumber
    if (
      this.#byNumber.size > endedMax &&
      oldest &&
      this.#options.group.members(oldest[1].group).length === 0
    ) {
      this.#byNumber.delete(oldest[0])
      this.#lastHolder.delete(oldest[0])
      this.#outside.delete(oldest[0])
      this.#lastActor.delete(oldest[0])
    }
    return one
  }

  /** Its command is on the way: the process that waits for it outside. */
  started(number: number, outsidePid: number | undefined): void {
    if (outsidePid !== undefined) this.#outside.set(number, outsidePid)
  }

  all(): Iterable<ContainedCall> {
    return this.#byNumber.values()
  }

  get(number: number): ContainedCall | undefined {
    return this.#byNumber.get(number)
  }

  actorOf(number: number, flow: Flow, host?: string): JournalActor {
    const one = this.#byNumber.get(number)
    if (!one) return { tier: 'none', ...(number !== 0 && { unit: unitName(number) }) }
    const process = this.#processOf(one, flow)
    const last = this.#lastActor.get(number)
    const askedBy = this.#askerOf(number)
    if (one.identity && process !== undefined && last?.process === process && last.askedBy === askedBy)
      return last
    const actor: JournalActor = {
      unit: one.unit,
      ...(one.identity && { toolCall: one.toolCall }),
      tier: one.identity ? 'identity' : 'none',
      ...(askedBy !== undefined && { askedBy }),
      ...(process && { process }),
      ...(process && !one.identity && this.#options.agentOf?.(process, host)),
    }
    this.#lastActor.set(number, actor)
    return actor
  }

  /** The call, or unit, that asked this one through a listener inside. */
  #askerOf(number: number): string | undefined {
    const asker = this.#options.askerOf?.(number)
    const one = asker === undefined ? undefined : this.#byNumber.get(asker)
    return one && (one.identity ? one.toolCall : one.unit)
  }

  /** The unit whose process has a listening socket; undefined when it can't be told. */
  listenerAt(ip: string, port: number): number | undefined {
    const inode = this.#options.inodeOf({
      transport: 'tcp',
      src: { ip, port },
      dst: { ip: anyAddress, port: 0 },
    })
    if (inode === undefined) return undefined
    for (const { number, group } of this.#byNumber.values()) {
      if (socketHolder(this.#options.group.members(group), inode) !== undefined) return number
    }
    return undefined
  }

  /** Undefined when the socket's process ended, or nobody could be told apart. */
  #processOf(one: ContainedCall, { transport, src, dst }: Flow): JournalProcess | undefined {
    if (transport !== 'tcp' && transport !== 'udp') return undefined
    const pid = this.#holderOf(one, { transport, src, dst })
    if (pid === undefined) return undefined
    return processFacts(pid, new Set([this.#options.holderPid, this.#outside.get(one.number) ?? 0]))
  }

  #holderOf(one: ContainedCall, tuple: SocketTuple): number | undefined {
    const { holderOf, inodeOf, group } = this.#options
    if (holderOf) return holderOf(tuple)
    const inode = inodeOf(tuple)
    if (inode === undefined) return undefined
    const last = this.#lastHolder.get(one.number)
    const pid =
      (last === undefined ? undefined : socketHolder([last], inode)) ??
      socketHolder(group.members(one.group), inode)
    if (pid !== undefined) this.#lastHolder.set(one.number, pid)
    return pid
  }
}

/** As it stands in the journal. */
export function unitName(number: number): string {
  return `unit-${number}`
}
