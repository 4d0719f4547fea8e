// What an act will stop, said before it is done.

import { Problem } from '../problem.ts'
import type { BoxState, ContainPreview, ContainRequest } from '../wire/contain.ts'

/** Throws a Problem (400) for an act that lacks what it wants or has too much. */
export function checkRequest({ act, call, destination }: ContainRequest): void {
  const wants = act === 'block' || act === 'unblock'
  if (wants !== (destination !== undefined)) {
    throw new Problem(400, {
      what: wants ? `${act} wants a destination.` : `${act} takes no destination.`,
      fix: 'A destination is a name or an address, with :PORT or without: pool.example.com:3333',
    })
  }
  if (call !== undefined && act !== 'freeze' && act !== 'thaw' && act !== 'kill') {
    throw new Problem(400, {
      what: `${act} is for the whole sandbox, not for one call.`,
      fix: 'Leave out the call.',
    })
  }
}

type Call = BoxState['calls'][number]
type Connection = BoxState['connections'][number]

/** From the state of the sandbox at this moment. Throws a Problem (404) for a call that does not run there. */
export function previewOf(status: BoxState, request: ContainRequest): ContainPreview {
  const { act, call, destination } = request
  const stops = act === 'freeze' || act === 'kill' || act === 'thaw'
  const calls = stops ? callsOf(status, call) : []
  const cut = connectionsOf(status, request, calls)
  const all = act === 'quarantine' || ((act === 'freeze' || act === 'kill') && call === undefined)
  const connectionsCut = all ? (status.open ?? cut.length) : cut.length
  const processes = act === 'thaw' ? 0 : calls.reduce((sum, one) => sum + one.processes, 0)
  const target = destination ?? (call === undefined ? status.box : `call ${call}`)
  return {
    act,
    target,
    undoneBy: undoneBy[act],
    sentences: sentencesOf(request, status, target, { processes, calls, connectionsCut }),
    processes,
    calls: calls.map(({ call, name, processes, running = [] }) => ({ call, name, processes, running })),
    connections: cut.map(({ to, call, unit }) => ({ to, call: call ?? nameOf(status, unit) })),
    connectionsCut,
  }
}

const undoneBy: Readonly<Record<ContainRequest['act'], ContainRequest['act'] | null>> = {
  freeze: 'thaw',
  thaw: 'freeze',
  kill: null,
  block: 'unblock',
  unblock: 'block',
  quarantine: 'release',
  release: 'quarantine',
}

function callsOf({ box, calls }: BoxState, call: string | undefined): readonly Call[] {
  if (call === undefined) return calls
  const unit = call.split('/')[0]
  const found = calls.filter((one) => one.call === call || one.unit === unit)
  if (found.length > 0) return found
  throw new Problem(404, {
    what: `Nothing of call ${call.slice(0, 100)} runs in ${box}.`,
    why: 'It has ended, or it is a call that the agent told of: only what the kernel keeps apart can be stopped alone.',
    fix: 'Stop the whole sandbox, or one of the calls that run.',
  })
}

function connectionsOf(
  { connections }: BoxState,
  { act, call, destination }: ContainRequest,
  calls: readonly Call[],
): readonly Connection[] {
  if (act === 'quarantine') return connections
  if (act === 'block') return connections.filter(({ to }) => isTo(to, destination ?? ''))
  if (act !== 'freeze' && act !== 'kill') return []
  if (call === undefined) return connections
  const units = new Set(calls.flatMap(({ unit }) => unit ?? []))
  return connections.filter((one) => one.call === call || (one.unit !== undefined && units.has(one.unit)))
}

/** `to` is `host:port`; a destination without a port is meant with every port. */
function isTo(to: string, destination: string): boolean {
  const [whole, wanted] = [to.toLowerCase(), destination.toLowerCase()]
  return whole === wanted || whole.slice(0, whole.lastIndexOf(':')) === wanted
}

function nameOf({ calls }: BoxState, unit: string | undefined): string | null {
  return calls.find((one) => one.unit !== undefined && one.unit === unit)?.call ?? null
}

interface Stopped {
  readonly processes: number
  readonly calls: readonly Call[]
  readonly connectionsCut: number
}

function sentencesOf(
  { act, call }: ContainRequest,
  { frozen, quarantined, blocked, box }: BoxState,
  target: string,
  { processes, calls, connectionsCut }: Stopped,
): string[] {
  const cut = `${count(connectionsCut, 'open connection')} ${connectionsCut === 1 ? 'is' : 'are'} cut at once`
  const who = `${count(processes, 'process', 'es')}${call === undefined ? ` of ${count(calls.length, 'call')}` : ''}`
  switch (act) {
    case 'freeze':
      return [
        `${who} in ${target} stop${processes === 1 ? 's' : ''}, and stay as they are until they are thawed.`,
        `${cut}; they do not come back with thawing.`,
        ...(frozen ? [`${box} is frozen already.`] : []),
      ]
    case 'kill':
      return [
        `${who} in ${target} end${processes === 1 ? 's' : ''} for good; what they were is kept as evidence first.`,
        `${cut}.`,
        'This can’t be undone.',
      ]
    case 'thaw':
      return [
        `${target} runs on from where it stopped; connections that were cut stay cut.`,
        ...(call === undefined && !frozen ? [`${box} is not frozen as a whole.`] : []),
      ]
    case 'block':
      return [
        `${target} is refused from now on, whatever the policy says; ${cut}.`,
        'What runs goes on.',
        ...(blocked.includes(target.toLowerCase()) ? [`${target} is blocked already.`] : []),
      ]
    case 'unblock':
      return [
        blocked.includes(target.toLowerCase())
          ? `The policy alone decides about ${target} again.`
          : `${target} is not blocked, so nothing changes.`,
      ]
    case 'quarantine':
      return [
        `Nothing leaves ${box} any more: ${cut}, and new ones are refused.`,
        'What runs goes on without a network.',
        ...(quarantined ? [`${box} is quarantined already.`] : []),
      ]
    case 'release':
      return [
        `${box} may reach again what its policy allows.`,
        ...(quarantined ? [] : [`${box} is not quarantined, so nothing changes.`]),
      ]
  }
}

function count(n: number, word: string, plural = 's'): string {
  return `${n} ${word}${n === 1 ? '' : plural}`
}
