// From the first hostile byte to the last instruction: in the words of the recording, and as seen from outside.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSandboxOf } from './ours.ts'
import type { Place } from './side.ts'
import type { Server } from './workers.ts'

export type HostileKind = 'stratum' | 'ssh'

/** Milliseconds, all of them. */
export interface Frozen {
  /** From the line that says what the bytes are to the line that says that all is frozen; both in the recording. */
  readonly recorded: number
  /** What the response says it took, from the finding on. */
  readonly took: number
  /** From when the program handed the byte to its kernel to the last instruction it ran. */
  readonly fromSend: number
  /** The same from when the far end had the byte; negative if it was stopped before. Undefined when it never had it. */
  readonly fromHeard: number | undefined
}

/** A fresh sandbox each time: what was stopped once stays blocked. */
export async function freezeOnce(
  kind: HostileKind,
  place: Place,
  server: Server,
  port: number,
  n: number,
): Promise<Frozen> {
  const sign = join(place.workdir, `sign-${kind}-${n}`)
  writeFileSync(sign, Buffer.alloc(16), { mode: 0o666 })
  await server.heard()
  const sandbox = await openSandboxOf(place, join(place.records, `freeze-${kind}-${n}`))
  try {
    const frozen = untilFrozen(sandbox.events())
    const command = `python3 client.py hostile ${place.host} ${port} ${kind} ${sign}`
    const ended = sandbox.exec({ command, toolCall: { id: 'hostile', name: 'bash' } })
    const times = await Promise.race([
      frozen,
      ended.then((end) => Promise.reject(new Error(`not frozen: ${JSON.stringify(end)}`))),
    ])
    await sleep(30) // What was not frozen would go on writing.
    const signs = readFileSync(sign)
    const last = Number(signs.readBigUInt64LE(0)) / 1e6
    const sent = Number(signs.readBigUInt64LE(8)) / 1e6
    const heard = (await server.heard()).get(port)
    await sandbox.kill()
    await ended
    return { ...times, fromSend: last - sent, fromHeard: heard === undefined ? undefined : last - heard }
  } finally {
    await sandbox.close()
  }
}

async function untilFrozen(
  lines: AsyncIterable<import('../../src/index.ts').RecordedLine>,
): Promise<{ recorded: number; took: number }> {
  let traffic: number | undefined
  let frozen: number | undefined
  for await (const line of lines) {
    if (line.class === 'network_activity' && line.activity === 'traffic')
      traffic ??= Date.parse(line.time) + fraction(line.time)
    if (line.class === 'api_activity' && line.operation === 'freeze' && line.ok)
      frozen = Date.parse(line.time) + fraction(line.time)
    const took =
      line.class === 'detection_finding'
        ? line.responses?.find((one) => one.do === 'freeze')?.tookMs
        : undefined
    if (took !== undefined && frozen !== undefined)
      return { recorded: frozen - (traffic ?? Number.NaN), took }
  }
  throw new Error('the sandbox ended without a freeze')
}

/** The microseconds that Date does not keep, in milliseconds. */
function fraction(time: string): number {
  return Number(/\.\d{3}(\d{3})Z$/.exec(time)?.[1] ?? 0) / 1000
}
