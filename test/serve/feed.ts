// One listener of the live feed, as a page is one.

import type { LiveMessage } from '../../src/server/api.ts'

export interface Feed {
  /** What came, with the time of its arrival in ms since 1970. */
  readonly got: readonly { readonly at: number; readonly message: LiveMessage }[]
  /** Resolves to the first message that fits, also one that came before. Throws after `ms`. */
  wait(fits: (message: LiveMessage) => boolean, ms?: number): Promise<{ at: number; message: LiveMessage }>
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>
  close(): void
}

export async function listen(origin: string, token: string, query = ''): Promise<Feed> {
  const stop = new AbortController()
  const response = await fetch(`${origin}/api/v1/stream${query}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  })
  if (!response.ok || !response.body) throw new Error(`the feed answered ${response.status}`)
  const got: { at: number; message: LiveMessage }[] = []
  let wake = () => {}
  const read = async (body: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    let text = ''
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events)
        if (event.startsWith('data: ')) got.push({ at: Date.now(), message: JSON.parse(event.slice(6)) })
      wake()
    }
  }
  const ended = read(response.body).catch(() => {})
  return {
    got,
    ended,
    async wait(fits, ms = 15_000) {
      const until = Date.now() + ms
      while (true) {
        const found = got.find(({ message }) => fits(message))
        if (found) return found
        const left = until - Date.now()
        if (left <= 0)
          throw new Error(`nothing of it came; what came: ${JSON.stringify(got).slice(0, 2_000)}`)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(left, 500))
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
    close: () => stop.abort(),
  }
}
