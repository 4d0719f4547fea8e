// One listener's server-sent events. What it does not take waits, up to the hub's limit.

import type { Hub, Listener } from '../hub.ts'
import type { LiveMessage } from '../wire/live.ts'
import { heartbeatMs, retryMs } from '../wire/stream.ts'

const encoder = new TextEncoder()

/** Made once for all that listen. */
const texts = new WeakMap<LiveMessage, string>()

function textOf(message: LiveMessage): string {
  let text = texts.get(message)
  if (text === undefined) {
    text = `data: ${JSON.stringify(message)}\n\n`
    texts.set(message, text)
  }
  return text
}

/** Undefined when too many listen already. Ends with `signal`, or when its reader is too slow. */
export function openStream(
  hub: Hub,
  signal: AbortSignal,
  source?: string,
): ReadableStream<Uint8Array> | undefined {
  let waiting: string[] = []
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let wanted = false
  let timer: NodeJS.Timeout | undefined

  const flush = () => {
    if (!wanted || waiting.length === 0) return
    wanted = false
    const text = waiting.join('')
    waiting = []
    controller?.enqueue(encoder.encode(text))
  }
  const put = (text: string) => {
    waiting.push(text)
    flush()
  }
  const end = () => {
    hub.remove(listener)
    clearInterval(timer)
    signal.removeEventListener('abort', end)
    waiting = []
    try {
      controller?.close()
    } catch {} // It was cancelled by the other side.
    controller = undefined
  }
  const listener: Listener = {
    send(message) {
      if (source === undefined || message.source === source) put(textOf(message))
    },
    waiting: () => waiting.length,
    tooSlow: end,
  }
  if (signal.aborted || !hub.add(listener)) return undefined
  signal.addEventListener('abort', end)
  // One who takes nothing gets no further ones.
  timer = setInterval(() => waiting.length === 0 && put(': \n\n'), heartbeatMs)
  timer.unref()
  put(`retry: ${retryMs}\n\n`)
  return new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened
      },
      pull() {
        wanted = true
        flush()
      },
      cancel: end,
    },
    { highWaterMark: 1 },
  )
}
