import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Limits, openLimits, withDefaults } from './limits.ts'
import { version1Groups } from './version1-groups.ts'

const mib = 1024 * 1024
const python = '/usr/bin/python3'

let count = 0
const limited = async (
  resources: Parameters<typeof openLimits>[0]['resources'],
  use: (limits: Limits) => Promise<void>,
) => {
  const limits = openLimits({ resources, name: `test-${process.pid}-${count++}` })
  try {
    await use(limits)
  } finally {
    await limits.close()
  }
  for (const file of limits.procsFiles) expect(existsSync(file)).toBe(false)
}

/** Enters the groups by itself, as a command of a sandbox does. */
const run = (limits: Limits, argv: string[]) => {
  const enter = limits.procsFiles.map((file) => `echo 0 > '${file}' && `).join('')
  const child = spawn('/bin/sh', ['-c', `${enter}exec "$@"`, 'sh', ...limits.prefix, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      out += bytes
    })
  return new Promise<{ out: string; code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ out, code, signal }))
  })
}

const holds = (resources: Parameters<typeof openLimits>[0]['resources'], name: 'memory' | 'processes') => {
  const limits = openLimits({ resources, name: `look-${process.pid}` })
  const { by } = limits.report[name]
  void limits.close()
  return by
}

describe.skipIf(process.platform !== 'linux' || !existsSync('/usr/bin/prlimit'))('limits', () => {
  // As root, RLIMIT_NPROC does not count; without root there may be no group to write to.
  const processesBy = holds({ processes: 64 }, 'processes')
  const forkBomb = `
import os, signal, time
children = []
try:
    for _ in range(200):
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
        children.append(child)
except OSError as e:
    print(e.strerror, flush=True)
for child in children: os.kill(child, signal.SIGKILL)
for child in children: os.wait()
print(len(children))
`
  it.skipIf(!existsSync(python) || (processesBy === 'rlimit' && process.getuid?.() === 0))(
    `stops a fork bomb, by ${processesBy}`,
    async () => {
      await limited({ processes: 120 }, async (limits) => {
        const { out } = await run(limits, [python, '-c', forkBomb])
        expect(out).toMatch(/^Resource temporarily unavailable\n(?:\d|\d\d|1[0-1]\d)\n$/)
      })
    },
    60_000,
  )

  it.skipIf(!existsSync(python))(
    `stops a memory hog, by ${holds({ memory: 64 * mib }, 'memory')}`,
    async () => {
      await limited({ memory: 96 * mib }, async (limits) => {
        const hog = `a = []\nfor i in range(400): a.append(bytearray(${mib}))\nprint('ended well')`
        const { out, code } = await run(limits, [python, '-c', hog])
        expect(out).not.toContain('ended well')
        expect(code).not.toBe(0)
        // What stays below it runs.
        expect((await run(limits, [python, '-c', 'bytearray(1000); print("fine")'])).out).toBe('fine\n')
      })
    },
    60_000,
  )

  it('says what holds by what, and what is weaker than asked', async () => {
    await limited({ memory: 512 * mib, cpu: 0.5 }, async ({ report }) => {
      expect(report.processes).toEqual({ by: 'none' })
      expect(report.memory.value).toBe(512 * mib)
      if (report.cpu.by === 'none') expect(report.cpu.weaker).toMatch(/control group/)
      else expect(report.cpu).toEqual({ by: report.cpu.by, value: 0.5 })
      if (report.memory.by === 'rlimit') expect(report.memory.weaker).toMatch(/each process/)
    })
  })
})

describe('openLimits, with files in the place of version 2', () => {
  it('switches controllers on along the way, and writes what they take', async () => {
    const mount = mkdtempSync(join(tmpdir(), 'cgroup-'))
    const path = join(mount, 'vigiles/box')
    mkdirSync(path, { recursive: true })
    writeFileSync(join(mount, 'cgroup.subtree_control'), 'cpu memory pids\n')
    writeFileSync(join(mount, 'vigiles/cgroup.subtree_control'), '\n')
    try {
      const group = { path, mount }
      const { report, procsFiles, prefix } = openLimits({
        resources: { memory: 512 * mib, processes: 100, cpu: 1.5 },
        name: 'x',
        group,
      })
      expect(report).toEqual({
        memory: { by: 'cgroup-v2', value: 512 * mib },
        processes: { by: 'cgroup-v2', value: 100 },
        cpu: { by: 'cgroup-v2', value: 1.5 },
      })
      expect([procsFiles, prefix]).toEqual([[], []])
      const read = (file: string) => readFileSync(join(mount, file), 'utf8')
      expect(read('vigiles/box/cpu.max')).toBe('150000 100000')
      expect(read('vigiles/box/pids.max')).toBe('100')
      expect(read('vigiles/box/memory.max')).toBe(String(512 * mib))
      expect(read('vigiles/box/memory.swap.max')).toBe('0')
      // Each write adds one; a file keeps the last.
      expect(read('vigiles/cgroup.subtree_control')).toBe('+cpu')
      expect(read('cgroup.subtree_control')).toBe('cpu memory pids\n')
    } finally {
      rmSync(mount, { recursive: true, force: true })
    }
  })
})

describe('withDefaults', () => {
  it('leaves a share of the memory to the machine, and what the policy says as it is', () => {
    expect(withDefaults({}, 1000)).toEqual({ memory: 800, processes: 4096 })
    expect(withDefaults({ processes: 7, cpu: 2 }, 1000)).toEqual({ memory: 800, processes: 7, cpu: 2 })
  })
})

describe('version1Groups', () => {
  it('finds our own groups, also where a container shows a part', () => {
    const mounts = [
      '34 27 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
      '35 27 0:31 /docker/1 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
      '36 27 0:32 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '37 27 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    ].join('\n')
    const groups = '9:name=systemd:/\n4:memory:/a/b\n3:pids:/docker/1/app\n2:cpu,cpuacct:/\n0::/x\n'
    expect([...version1Groups(mounts, groups)]).toEqual([
      ['memory', '/sys/fs/cgroup/memory/a/b'],
      ['pids', '/sys/fs/cgroup/pids/app'],
      ['cpu', '/sys/fs/cgroup/cpu,cpuacct'],
    ])
    expect(version1Groups('', '').size).toBe(0)
  })
})
