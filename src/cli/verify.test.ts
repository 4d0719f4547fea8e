import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openJournal } from '../store/journal.ts'
import { verifyCommand } from './verify.ts'

const root = mkdtempSync(join(tmpdir(), 'vigiles-verify-command-'))
const dir = join(root, 'rec')
const changed = join(root, 'changed.jsonl')
let head = ''
let key = ''

beforeAll(async () => {
  const journal = openJournal({ dir })
  for (let i = 0; i < 3; i++) {
    journal.append({ class: 'api_activity', box: 'b', operation: 'freeze', by: { via: 'library' }, ok: true })
  }
  key = journal.publicKey
  head = (await journal.seal()).hash
  writeFileSync(changed, readFileSync(join(dir, 'journal.jsonl'), 'utf8').replace('freeze', 'thaw!!'))
})
afterAll(() => rmSync(root, { recursive: true }))

/** What the command writes and returns. */
async function run(...args: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  try {
    return { code: await verifyCommand(args), out }
  } finally {
    write.mockRestore()
  }
}

describe('vigiles verify', () => {
  it('says that a recording is sealed', async () => {
    const { code, out } = await run(dir)
    expect(code).toBe(0)
    expect(out).toMatch(/^sealed: /)
    expect(out).toContain(
      `5 lines hold; the last has the hash ${head}\n1 signature by ${key}, through line 5`,
    )
  })

  it('says with 0 that one is open, and with 1 where one is broken', async () => {
    const cut = join(root, 'cut.jsonl')
    writeFileSync(cut, readFileSync(join(dir, 'journal.jsonl')).subarray(0, -40))
    expect(await run(cut)).toMatchObject({ code: 0, out: expect.stringMatching(/^open: /) })
    expect(await run(cut, '--anchor', head)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^broken: no line/),
    })
    expect(await run(changed)).toMatchObject({ code: 1, out: expect.stringMatching(/^broken at line 2: /) })
  })

  it('gives the result to scripts', async () => {
    const { code, out } = await run(dir, '--json', '--anchor', head.toUpperCase(), `--key=${key}`)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      state: 'sealed',
      lines: 5,
      anchorLine: 5,
      head: { seq: 5, hash: head },
    })
  })

  it.each([
    [[], 'wants one DIR'],
    [['a', 'b'], 'wants one DIR'],
    [['nowhere'], 'is no recording'],
    [['x', '--anchor', 'abc'], '--anchor wants the whole hash'],
    [['x', '--key', '\x1b[31m'], '--key wants a public key'],
  ])('refuses %j', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message)
  })
})
