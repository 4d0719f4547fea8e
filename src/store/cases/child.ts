// The process with DuckDB: does what its role allows, one ask after the other or several at once, until its parent goes.

import { buildTables } from './build-tables.ts'
import { openExporter } from './exporter.ts'
import { Fault } from './fault.ts'
import type { Ask, ChildFault, FromChild, ToChild } from './messages.ts'
import { openQuerier } from './querier.ts'
import { openReader } from './reader.ts'

const [role, path] = process.argv.slice(2)
const running = new Map<number, AbortController>()

const openers: Readonly<
  Record<string, (path: string) => Promise<{ answer(ask: Ask, signal: AbortSignal): Promise<unknown> }>>
> = { read: openReader, query: openQuerier, export: openExporter }

const answer = await answerer()

process.on('message', (message: ToChild) => {
  if ('cancel' in message) running.get(message.cancel)?.abort()
  else void run(message.id, message.ask)
})
process.on('disconnect', () => process.exit(0))

async function answerer(): Promise<
  (ask: Ask, signal: AbortSignal, tell: (part: string) => void) => Promise<unknown>
> {
  if (role === 'build') {
    return async (ask, _signal, tell) => {
      if (ask.kind !== 'build') throw new Fault('refused', 'this process only builds')
      return await buildTables(ask, tell)
    }
  }
  if (path === undefined) throw new Error('the path of a database is missing')
  // What goes wrong is told to whoever asks first.
  const opened = openers[role ?? '']?.(path)
  opened?.catch(() => {})
  return async (ask, signal) => {
    if (!opened) throw new Fault('fault', `there is no role ${role}`)
    return await (await opened).answer(ask, signal)
  }
}

async function run(id: number, ask: Ask): Promise<void> {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    say({ id, answer: await answer(ask, controller.signal, (part) => say({ id, part })) })
  } catch (error) {
    say({ id, error: controller.signal.aborted ? interrupted : faultOf(error) })
  } finally {
    running.delete(id)
  }
}

const interrupted: ChildFault = { kind: 'interrupted', text: 'It was stopped.' }

function faultOf(error: unknown): ChildFault {
  if (error instanceof Fault) return { kind: error.kind, text: error.message }
  return { kind: 'database', text: error instanceof Error ? error.message : String(error) }
}

function say(message: FromChild): void {
  process.send?.(message)
}
