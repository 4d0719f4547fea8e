import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { OperatorError } from '../base/errors.ts'
import { policyCommand } from './policy.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/policy/', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'vigiles-policy-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

/** Runs it in this process; a message for the operator becomes what the terminal would show. */
async function policy(...args: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  try {
    return { code: await policyCommand(args), out }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return { code: error.exitCode, out: error.toText() }
  } finally {
    write.mockRestore()
  }
}

const example = join(fixtures, 'example.yaml')

describe('vigiles policy', () => {
  it('checks a policy, and says of a broken one where and how', async () => {
    expect(await policy('check', example)).toMatchObject({ code: 0, out: expect.stringContaining('sound; ') })
    const { code, out } = await policy('check', join(fixtures, 'wrong.yaml'))
    expect(code).toBe(2)
    expect(out).toContain(
      'wrong.yaml:5: `allow` wants hosts like api.example.com; got https://api.example.com/. Remove the scheme and path.',
    )
    const { out: json } = await policy('check', example, '--json')
    expect(JSON.parse(json)).toEqual({ ok: true, problems: [] })
  })

  it('explains with the rest of the question', async () => {
    const { code, out } = await policy(
      'explain',
      'agent-only.example.com',
      '--tool',
      'WebFetch',
      '--policy',
      example,
    )
    expect({ code, first: out.split('\n')[0] }).toEqual({
      code: 0,
      first: 'agent-only.example.com:443 is allowed',
    })
    expect((await policy('explain', 'pypi.org', '--policy', example)).out).toContain('is denied')
    expect((await policy('explain', 'pypi.org', '--phase', 'setup', '--policy', example)).out).toContain(
      'is allowed',
    )
  })

  it('tests a policy against expectations', async () => {
    const fine = await policy('test', join(fixtures, 'example-cases.yaml'), '--policy', example)
    expect(fine).toMatchObject({ code: 0, out: expect.stringContaining(' cases, 0 not as expected') })
    const cases = join(work, 'cases.yaml')
    writeFileSync(cases, '- { to: evil.example, expect: allow }\n')
    const wrong = await policy('test', cases, '--policy', example)
    expect(wrong).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^WRONG {2}evil\.example:443 {2}deny, expected allow {2}default: /),
    })
    writeFileSync(cases, '- { to: evil.example, expects: allow }\n')
    expect(await policy('test', cases, '--policy', example)).toMatchObject({
      code: 2,
      out: expect.stringContaining('Did you mean `expect`?'),
    })
  })

  it('learns from a recording what the recording then passes', async () => {
    const { code, out } = await policy('learn', join(fixtures, 'recording.jsonl'))
    expect(code).toBe(0)
    const learned = join(work, 'learned.yaml')
    writeFileSync(learned, out)
    expect((await policy('check', learned)).code).toBe(0)
    expect((await policy('explain', 'registry.example.com:443', '--policy', learned)).out).toContain(
      'is allowed',
    )
    expect((await policy('explain', 'pool.example.org:443', '--policy', learned)).out).toContain('is denied')
  })

  it('adds hosts, or nothing at all', async () => {
    const file = join(work, 'policy.yaml')
    writeFileSync(file, '# mine\nversion: 1\nallow:\n  - api.example.com # needed\n')
    expect(
      (await policy('allow', file, '*.example.org:443', '{ host: db.example.com, ports: [5432] }')).code,
    ).toBe(0)
    const after = readFileSync(file, 'utf8')
    expect(after).toContain('# mine\nversion: 1\nallow:\n')
    expect(after).toContain('- api.example.com # needed')
    expect((await policy('explain', 'db.example.com:5432', '--policy', file)).out).toContain('is allowed')
    expect(await policy('allow', file, 'https://x.example.com/')).toMatchObject({
      code: 2,
      out: expect.stringContaining('Remove the scheme and path.'),
    })
    expect((await policy('allow', file, '{ host: db.example.com, prots: [5432] }')).code).toBe(2)
    expect((await policy('allow', file, '{ host: a.example.com }\nintercept: [b.example.com]')).code).toBe(2)
    expect(readFileSync(file, 'utf8')).toBe(after)
  })

  it('shows presets', async () => {
    expect((await policy('presets')).out).toMatch(/^npm +Packages/)
    expect((await policy('presets', 'cargo')).out).toContain('index.crates.io 443')
    expect((await policy('presets', 'carg')).out).toContain('Did you mean cargo?')
  })

  it.each([
    [[], 'policy wants a verb.'],
    [['chekc'], 'Did you mean vigiles policy check?'],
    [['check', 'nowhere.yaml'], 'nowhere.yaml is not there.'],
    [['explain'], 'explain wants HOST:PORT or a URL.'],
    [['explain', 'a.example:99999', '--policy', example], 'ports go from 1 to 65535'],
    [
      ['explain', 'a.example', '--phase', 'later', '--policy', example],
      '--phase wants one of setup, agent, verify',
    ],
    [['explain', 'a.example', '--policy', join(fixtures, 'wrong.yaml')], "wrong.yaml can't be used."],
    [['test'], 'test wants a file of cases.'],
    [['learn', 'nowhere'], 'nowhere is not there.'],
    [['learn', fixtures, '--siblings', '1'], '--siblings wants a whole number from 2.'],
    [['allow', example], 'allow wants a policy file and hosts.'],
  ])('answers %j with what is wrong and exit code 2', async (args, what) => {
    expect(await policy(...args)).toMatchObject({ code: 2, out: expect.stringContaining(what) })
  })
})
