import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { processMemory } from './process-memory.ts'

describe.skipIf(process.platform !== 'linux')('the memory of processes', () => {
  it('looks anew when a process became another program, and not before', async () => {
    let looks = 0
    const nameOf = processMemory(
      (pid) => {
        looks++
        return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
      },
      () => 0,
    )
    const child = spawn('/bin/sh', ['-c', 'read line; exec sleep 60'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const pid = child.pid ?? 0
    try {
      const before = Array.from({ length: 5 }, () => nameOf(pid))
      expect([new Set(before), looks]).toEqual([new Set(['sh']), 1])
      child.stdin?.end('go\n')
      while (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sh') await sleep(5)
      expect([nameOf(pid), nameOf(pid), looks]).toEqual(['sleep', 'sleep', 2])
    } finally {
      child.kill('SIGKILL')
    }
    await new Promise((resolve) => child.once('close', resolve))
    expect(() => nameOf(pid)).toThrow()
  })

  it('looks anew when time has passed: a command line can be written over', () => {
    let now = 0
    let looks = 0
    const look = processMemory(
      () => ++looks,
      () => now,
    )
    expect([look(process.pid), look(process.pid)]).toEqual([1, 1])
    now = 1_000
    expect(look(process.pid)).toBe(2)
  })
})
