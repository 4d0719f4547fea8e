// Relays one connection: holds its first bytes until they are decided, then passes both directions on.

import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { hasText } from '../protocols/bytes.ts'
import { type BurstCounts, Rhythm } from '../protocols/rhythm.ts'
import type { Observed } from '../protocols/sniff.ts'
import { SshOpening } from '../protocols/ssh-opening.ts'
import type { Decision } from '../schema/decision.ts'
import { limits } from './api.ts'
import { inspect } from './inspect.ts'

export interface RelayOptions {
  /** Sockets, or what carries them: TLS that was opened, a request that was upgraded. */
  readonly client: Duplex
  readonly upstream: Duplex
  /** Decides by what the bytes are. Asked again when later bytes show more. */
  readonly decideBytes: (observed: Observed) => Decision
  /** What the program is told before the reset; undefined says nothing. */
  readonly denial: (observed: Observed, decision: Decision) => Uint8Array | undefined
  /**
   * Takes both ends over, with all that they sent before them again, when the bytes alone decide nothing; relays no
   * more of it. Without it such a connection is refused.
   */
  readonly takeOver?: (observed: Observed) => void
  readonly onObserved: (observed: Observed, decision: Decision) => void
  readonly onClose: (end: RelayEnd) => void
  /** Asked before bytes go out; false ends the connection. */
  readonly spend?: (bytes: number) => boolean
  /** Milliseconds, ever growing. */
  readonly now: () => number
}

export interface RelayEnd {
  /** Relayed, not merely received. */
  readonly bytesOut: number
  readonly bytesIn: number
  readonly reset: boolean
  readonly bursts: BurstCounts | undefined
  readonly asksToListen: boolean
}

export interface Relay {
  readonly clientHead: Uint8Array
  readonly serverHead: Uint8Array
  /** Who broke its silences so far. */
  bursts(): BurstCounts | undefined
  /** An SSH client that asked to be listened for, as far as that can be told. */
  asksToListen(): boolean
  /** Resets both sides at once. */
  cut(): void
}

/** How often a connection is looked at again after it was let pass. */
const looksMax = 12

export function relay(options: RelayOptions): Relay {
  const { client, upstream } = options
  const rhythm = new Rhythm()
  const spend = (bytes: number) => {
    if (options.spend === undefined || options.spend(bytes)) return true
    cut()
    return false
  }
  let opening: SshOpening | undefined
  const goesBy = (fromServer: boolean, bytes: number) => {
    const us = options.now() * 1000
    rhythm.packet(fromServer, us, bytes)
    opening?.packet(fromServer, us, bytes)
  }
  // Its name may have come after the server's, which was enough to know it by.
  const asksToListen = () =>
    opening?.asksToListen(options.now() * 1000) === true && hasText(out.head(), 'SSH-2.0-OpenSSH_')
  const out = direction(client, upstream, (bytes) => goesBy(false, bytes), spend)
  const back = direction(upstream, client, (bytes) => goesBy(true, bytes))
  let passing = false
  let ended = false
  let looks = 0
  let layers = ''
  let timer: NodeJS.Timeout | undefined
  let reset = false

  const end = () => {
    if (ended || !client.destroyed || !upstream.destroyed) return
    ended = true
    clearTimeout(timer)
    options.onClose({
      bytesOut: out.relayed(),
      bytesIn: back.relayed(),
      reset,
      bursts: rhythm.counts(),
      asksToListen: asksToListen(),
    })
  }
  const cut = () => {
    reset = true
    for (const side of [client, upstream]) resetStream(side)
  }
  const settle = (observed: Observed, decided?: Decision) => {
    const decision = decided ?? options.decideBytes(observed)
    layers = observed.layers.join()
    if (observed.layers[0] === 'ssh') opening ??= new SshOpening()
    options.onObserved(observed, decision)
    if (decision.verdict === 'ask-more' && options.takeOver && !passing) {
      ended = true
      clearTimeout(timer)
      for (const way of [out, back]) way.letGo()
      for (const [side, handlers] of listeners)
        for (const [event, handler] of handlers) side.off(event, handler)
      options.takeOver(observed)
      return
    }
    if (decision.verdict !== 'allow') {
      const words = passing ? undefined : options.denial(observed, decision)
      resetStream(upstream)
      if (words) client.end(words, () => client.destroy())
      else resetStream(client)
      return
    }
    if (!client.destroyed && !passing) {
      passing = true
      out.pass()
      back.pass()
    }
  }
  const look = () => {
    if (passing) {
      if (++looks > looksMax) return
      const { observed } = inspect(out.head(), back.head())
      if (observed.layers.join() !== layers) settle(observed)
      return
    }
    const { observed, state } = inspect(out.head(), back.head())
    clearTimeout(timer)
    // Unknown bytes that may pass as unknown need not wait; what they turn out to be later is decided then.
    if (state === 'sure') {
      settle(observed)
      return
    }
    if (state === 'unknown') {
      const decision = options.decideBytes(observed)
      if (decision.verdict !== 'deny') {
        settle(observed, decision)
        return
      }
    }
    // Held for as long as it promises something, but not for ever: silence is no way past.
    const waitMs = state === 'promising' ? limits.unfinishedMs : limits.silentMs
    timer = setTimeout(() => settle(inspect(out.head(), back.head()).observed), waitMs)
  }
  const listeners = (
    [
      [client, upstream],
      [upstream, client],
    ] as const
  ).map(([side, other]) => {
    const onError = () => {
      reset = true
      // What failed on one side fails on the other, in the same way.
      if (!other.destroyed) resetStream(other)
    }
    const onClose = () => {
      if (!other.destroyed && !other.writableEnded) other.end()
      end()
    }
    side.on('error', onError)
    side.once('close', onClose)
    return [
      side,
      [
        ['error', onError],
        ['close', onClose],
      ],
    ] as const
  })
  out.start(look)
  back.start(look)
  return {
    get clientHead() {
      return out.head()
    },
    get serverHead() {
      return back.head()
    },
    bursts: () => rhythm.counts(),
    asksToListen,
    cut,
  }
}

/**
 * As a peer that is gone: a TCP reset, at once. Node's `resetAndDestroy` waits for what is still to be written, which
 * may be for ever, and must not leave at all once a connection is cut; and after an `end` under way it never closes.
 */
export function resetStream(stream: Duplex): void {
  if (stream instanceof Socket && !stream.writableEnded && !stream.connecting) {
    // What `resetAndDestroy` sets, and `destroy` goes by; Node's typings do not know it.
    Object.assign(stream, { resetAndClosing: true })
  }
  stream.destroy()
}

/** One way through: what comes from `from` is held, then goes to `to`, no faster than it takes it. */
function direction(
  from: Duplex,
  to: Duplex,
  onChunk: (bytes: number) => void,
  spend: (bytes: number) => boolean = () => true,
) {
  let held: Buffer[] | undefined = []
  let head: Buffer = Buffer.alloc(0)
  let relayed = 0
  let ended = false
  let onData: (chunk: Buffer) => void = () => {}
  let onEnd = () => {}
  const onDrain = () => void from.resume()
  const write = (chunk: Buffer) => {
    if (!spend(chunk.length)) return
    relayed += chunk.length
    if (!to.write(chunk)) from.pause()
  }
  return {
    head: () => head,
    relayed: () => relayed,
    start(look: () => void) {
      onData = (chunk: Buffer) => {
        onChunk(chunk.length)
        const looking = head.length < limits.headBytes
        if (looking) head = Buffer.concat([head, chunk.subarray(0, limits.headBytes - head.length)])
        if (held) {
          held.push(chunk)
          // No more than is looked at is held in memory: the rest waits in the kernel.
          if (head.length >= limits.headBytes) from.pause()
          look()
          return
        }
        write(chunk)
        if (looking) look()
      }
      onEnd = () => {
        ended = true
        if (!held) to.end()
        else if (head.length > 0) look()
        else {
          // Closed without a byte: nothing to decide.
          held = undefined
          to.end()
        }
      }
      from.on('data', onData)
      to.on('drain', onDrain)
      from.on('end', onEnd)
      from.resume()
    },
    /** Puts what was held back where it came from. */
    letGo() {
      from.pause()
      from.off('data', onData)
      from.off('end', onEnd)
      to.off('drain', onDrain)
      if (held && held.length > 0) from.unshift(Buffer.concat(held))
      held = undefined
    },
    pass() {
      const chunks = held ?? []
      held = undefined
      for (const chunk of chunks) write(chunk)
      if (ended) to.end()
      else from.resume()
    },
  }
}
