import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { investigate } from '../pipeline/investigate.ts'
import { quietProgress } from '../pipeline/progress.ts'
import { openJournal } from '../store/journal.ts'
import { reportCommand } from './report.ts'

const root = mkdtempSync(join(tmpdir(), 'vigiles-report-command-'))
const dir = join(root, 'rec')

beforeAll(async () => {
  const journal = openJournal({ dir, box: 'b' })
  for (const port of [22, 2375, 6443, 8500, 9200]) {
    journal.append({
      class: 'network_activity',
      box: 'b',
      activity: 'refuse',
      connection: `b-${port}`,
      transport: 'tcp',
      srcEndpoint: { ip: '198.19.255.2', port: 40_000 },
      dstEndpoint: { ip: '10.0.0.9', port },
      disposition: 'blocked',
      policy: { rule: 'default', reason: 'no rule lists it', code: 'raw-address' },
      actor: { toolCall: 'call_1', tier: 'identity' },
    })
  }
  await journal.seal()
  await journal.close()
})
afterAll(() => rmSync(root, { recursive: true }))

async function run(...args: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  try {
    return { code: await reportCommand(args), out }
  } finally {
    write.mockRestore()
  }
}

describe('vigiles report', () => {
  it('writes beside the journal what an investigation of the recording reports', async () => {
    const { code, out } = await run(dir)
    expect(code).toBe(0)
    expect(out).toContain(`report: ${join(dir, 'report.html')}`)
    const made = readFileSync(join(dir, 'report.html'), 'utf8')
    expect(made).toContain('10.0.0.9')
    const other = join(root, 'case')
    await investigate({ paths: [dir], out: other, zones: [], controls: [], progress: quietProgress })
    expect(made).toBe(readFileSync(join(other, 'report.html'), 'utf8'))
  })

  it('is not disturbed by the report that lies there already', async () => {
    const before = readFileSync(join(dir, 'report.html'), 'utf8')
    await run(dir, '--quiet')
    expect(readFileSync(join(dir, 'report.html'), 'utf8')).toBe(before)
  })

  it('writes elsewhere when asked to, and leaves nothing else behind', async () => {
    const before = readdirSync(root).length
    const file = join(root, 'elsewhere.html')
    expect(await run(dir, '--out', file, '--quiet')).toEqual({ code: 0, out: '' })
    expect(existsSync(file)).toBe(true)
    expect(readdirSync(root)).toHaveLength(before + 1)
  })

  it('says what else a folder is', async () => {
    const folder = join(root, 'investigated')
    mkdirSync(folder)
    await expect(run(folder)).rejects.toThrow('is no recording')
    writeFileSync(join(folder, 'summary.json'), '{}')
    await expect(run(folder)).rejects.toMatchObject({ fix: expect.stringContaining('report.html') })
    await expect(run()).rejects.toThrow('report wants one DIR')
  })
})
