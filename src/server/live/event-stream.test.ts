import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { Hub } from '../hub.ts'
import type { LiveMessage } from '../wire/live.ts'
import { openStream } from './event-stream.ts'

const message = (n: number): LiveMessage => ({
  type: 'traffic',
  source: `s-${n % 2}`,
  allowed: n,
  blocked: 0,
  time: '',
})

async function textOf(stream: ReadableStream<Uint8Array> | undefined): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of stream ?? []) text += decoder.decode(bytes, { stream: true })
  return text
}

describe('one listener’s stream', () => {
  it('carries every message in its order, as JSON on one line', async () => {
    const hub = new Hub()
    const stop = new AbortController()
    const reading = textOf(openStream(hub, stop.signal))
    for (let n = 0; n < 500; n++) {
      hub.send(message(n))
      if (n % 50 === 0) await sleep(1)
    }
    await sleep(10)
    stop.abort()
    const events = (await reading).split('\n\n').filter((event) => event.startsWith('data: '))
    expect(events.map((event) => JSON.parse(event.slice(6)).allowed)).toEqual(
      Array.from({ length: 500 }, (_, n) => n),
    )
    expect(hub.listeners).toBe(0)
  })

  it('ends for one who reads nothing, and goes on for the others', async () => {
    const hub = new Hub()
    const stop = new AbortController()
    const idle = openStream(hub, stop.signal)
    const reading = textOf(openStream(hub, stop.signal))
    for (let n = 0; n < 3_000; n++) {
      hub.send(message(n))
      if (n % 100 === 0) await sleep(1)
    }
    expect(hub.listeners).toBe(1)
    // What had been handed over before is still read; then it ends by itself.
    expect((await textOf(idle)).length).toBeLessThan(1_000)
    await sleep(10)
    stop.abort()
    expect((await reading).match(/data: /g)?.length).toBe(3_000)
  })

  it('makes room when its reader goes away, and refuses one too many', async () => {
    const hub = new Hub()
    const open = () => openStream(hub, new AbortController().signal)
    const streams = Array.from({ length: 200 }, open)
    expect(streams.every((stream) => stream !== undefined)).toBe(true)
    expect(open()).toBeUndefined()
    await streams[0]?.cancel()
    expect(hub.listeners).toBe(199)
    expect(open()).toBeDefined()
  })

  it('shows every 15 seconds that it is there, and says first when to come back', async () => {
    vi.useFakeTimers()
    const stop = new AbortController()
    const reading = textOf(openStream(new Hub(), stop.signal))
    await vi.advanceTimersByTimeAsync(46_000)
    stop.abort()
    expect(await reading).toBe('retry: 2000\n\n: \n\n: \n\n: \n\n')
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('leaves out what concerns another source', async () => {
    const hub = new Hub()
    const stop = new AbortController()
    const reading = textOf(openStream(hub, stop.signal, 's-1'))
    for (let n = 0; n < 6; n++) hub.send(message(n))
    await sleep(5)
    stop.abort()
    expect([...(await reading).matchAll(/"allowed":(\d)/g)].map(([, n]) => n)).toEqual(['1', '3', '5'])
  })
})
