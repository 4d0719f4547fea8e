// Exit codes and signals of commands, through all that stands between them and who asked.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSandbox, type Sandbox } from '../../src/pipeline/live/open-sandbox.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { missingForSandbox } from './holding.ts'

const missing = missingForSandbox()

describe.skipIf(missing !== undefined)(`a command's end${missing ? ` (${missing})` : ''}`, () => {
  let base = ''
  let box: Sandbox
  const exec = (id: string, command: string | readonly string[], timeoutMs?: number) =>
    box.exec({ command, toolCall: { id, name: 'bash' }, ...(timeoutMs && { timeoutMs }) })

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'ends-'))
    mkdirSync(join(base, 'work'))
    box = await openSandbox({ record: join(base, 'record'), workdir: join(base, 'work') })
  })
  afterAll(async () => {
    await box.close()
    rmSync(base, { recursive: true, force: true })
  })

  it.each([
    ['true', 0, null],
    ['exit 9', 9, null],
    ['kill -TERM $$', 143, 'SIGTERM'],
    ['kill -KILL $$', 137, 'SIGKILL'],
    ['kill -SEGV $$', 139, 'SIGSEGV'],
    ['sh -c "kill -INT \\$\\$"', 130, 'SIGINT'],
  ])('of `%s` is code %i, signal %s', async (command, exitCode, signal) => {
    const result = await exec(command, command)
    expect([result.exitCode, result.signal]).toEqual([exitCode, signal])
    const lines: RecordedLine[] = readFileSync(join(base, 'record/journal.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const end = lines.find(
      (line) => line.class === 'execute_tool' && line.activity === 'end' && line.toolCall === command,
    )
    expect(end).toMatchObject({ exitCode, ...(signal && { signal }) })
    if (signal === null) expect(end).not.toHaveProperty('signal')
  })

  it('of one that took too long, or was killed from outside, is a signal alone', async () => {
    const late = await exec('late', ['sleep', '20'], 200)
    expect(late).toMatchObject({ signal: 'SIGKILL' })
    expect(late.durationMs).toBeLessThan(15_000)
  })

  it('of one that is not there is the code that a shell gives', async () => {
    expect(await exec('absent', 'no-such-program')).toMatchObject({ exitCode: 127, signal: null })
  })
})
