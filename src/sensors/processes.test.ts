// The sensor by polling, on real processes: what it does where the kernel reports nothing.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { JournalProcess } from '../schema/journal.ts'
import { startProcessSensor } from './processes.ts'

function facts(pid: number): JournalProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const cmdLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return { pid, ppid: Number(fields[1]), cmdLine, startTicks: Number(fields[19]) }
  } catch {
    return undefined
  }
}

describe.skipIf(process.platform !== 'linux')('a sensor without reports of the kernel', () => {
  it('finds what runs, with its parents, what it becomes and that it ended', async () => {
    const launched: string[] = []
    const exited: number[] = []
    const child = spawn('sh', ['-c', 'sh -c "read go; exec cat"; true'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const until = async (done: () => boolean) => {
      while (!done()) await sleep(20)
    }
    const below = (pid: number): boolean => {
      for (let at: number | undefined = pid; at !== undefined && at > 1; at = facts(at)?.ppid)
        if (at === child.pid) return true
      return false
    }
    const sensor = await startProcessSensor({
      open: async () => undefined,
      facts,
      members: () =>
        readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          .map(Number)
          .filter(below),
      onLaunch: (_, read) => launched.push(read?.cmdLine ?? ''),
      onExit: ({ pid }) => exited.push(pid),
    })
    expect(sensor.by).toBe('polling')
    sensor.watch(child.pid!)
    await until(() => launched.includes('sh -c read go; exec cat'))
    child.stdin.write('go\n')
    await until(() => launched.includes('cat'))
    child.stdin.end()
    await until(() => exited.length === 1)
    sensor.close()
    expect(sensor.tree.get(exited[0]!)).toBeUndefined()
  })
})
