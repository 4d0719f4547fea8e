// Starts the processes of the sides and of the far end, and talks with them.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Ended, Place, Request, SideName } from './side.ts'

export interface Worker {
  ask(request: { readonly do: 'times'; readonly count: number }): Promise<number[]>
  ask(request: { readonly do: 'exec'; readonly command: string; readonly call?: string }): Promise<Ended>
  ask(request: { readonly do: 'processor' }): Promise<number>
  ask(request: { readonly do: 'kept' }): Promise<Record<string, number>>
  ask(request: Request): Promise<unknown>
  end(): Promise<void>
}

export function startWorker(side: SideName, place: Place, nodeOptions: readonly string[] = []): Worker {
  const child = fork(join(place.bench, 'worker.js'), [side, JSON.stringify(place)], {
    execArgv: [...nodeOptions],
    cwd: place.workdir,
  })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let count = 0
  child.on('message', (message: { id: number; value?: unknown; error?: string }) => {
    const one = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) one?.resolve(message.value)
    else one?.reject(new Error(`${side}: ${message.error}`))
  })
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${side} ended with ${code ?? signal}`))
  })
  return {
    ask: (request: Request) =>
      // The reply's form follows from the request; both ends are in this folder.
      new Promise<never>((resolve, reject) => {
        waiting.set(++count, { resolve: resolve as (value: unknown) => void, reject })
        child.send({ id: count, request })
      }),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

export interface Server {
  readonly ports: readonly number[]
  /** When each port heard its first unasked byte: milliseconds on the monotonic clock. Forgets them. */
  heard(): Promise<ReadonlyMap<number, number>>
  end(): Promise<void>
}

export async function startServer(
  { host, bench }: Pick<Place, 'host' | 'bench'>,
  ports: number,
): Promise<Server> {
  const child: ChildProcess = fork(join(bench, 'server.js'), [], { execArgv: [] })
  child.send({ host, ports })
  const [made] = (await once(child, 'message')) as [number[]]
  return {
    ports: made,
    async heard() {
      child.send('heard')
      const [heard] = (await once(child, 'message')) as [[number, number][]]
      return new Map(heard)
    },
    async end() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
