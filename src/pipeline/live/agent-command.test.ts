import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentCommand } from './agent-command.ts'

const base = mkdtempSync(join(tmpdir(), 'agent-command-'))
const local = join(base, 'local')
const empty = join(base, 'empty')
const installed = join(local, 'node_modules/@openai/codex')

beforeAll(() => {
  mkdirSync(join(installed, 'bin'), { recursive: true })
  mkdirSync(join(local, 'node_modules/.bin'), { recursive: true })
  mkdirSync(join(base, 'bin'))
  mkdirSync(empty)
  writeFileSync(join(installed, 'package.json'), '{"name":"@openai/codex"}')
  writeFileSync(join(installed, 'bin/codex.js'), '')
  // Says only that its files are modules.
  writeFileSync(join(installed, 'bin/package.json'), '{"type":"module"}')
  writeFileSync(join(local, 'package.json'), '{"name":"mine"}')
  writeFileSync(join(local, 'cli.js'), '')
  symlinkSync('../@openai/codex/bin/codex.js', join(local, 'node_modules/.bin/codex'))
  symlinkSync(join(installed, 'bin/codex.js'), join(base, 'bin/my-helper'))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const read = (line: string, cwd = empty) =>
  agentCommand(line.split(' '), { cwd, path: `${join(base, 'bin')}:/usr/bin` })

describe('the agent that a command starts', () => {
  it.each([
    ['claude -p hi', 'claude', 1],
    ['/opt/tools/qwen', 'qwen', 1],
    ['npx claude -p hi', 'claude', 2],
    ['npx -y @anthropic-ai/claude-code -p hi', 'claude', 3],
    ['npx --yes @google/gemini-cli@0.61.0 -p hi', 'gemini', 3],
    ['npx -p @qwen-code/qwen-code qwen', 'qwen', 4],
    ['npx --package=@openai/codex -- codex exec hi', 'codex', 4],
    ['npm exec -- @openai/codex@latest exec hi', 'codex', 4],
    ['npm --prefix x exec claude -- -p hi', 'claude', 6],
    ['pnpm dlx opencode-ai run hi', 'opencode', 3],
    ['yarn dlx @openai/codex', 'codex', 3],
    ['bunx opencode-ai@1 run', 'opencode', 2],
    ['bun x @openai/codex', 'codex', 3],
  ])('of `%s` is %s, whose words begin at %i', (line, name, at) => {
    expect(read(line)).toMatchObject({ name, at })
  })

  it('is found in the package of a script, and of a link by another name', () => {
    const script = join(installed, 'bin/codex.js')
    expect(read(`node --import tsx ${script} exec hi`)).toEqual({ name: 'codex', at: 4, script })
    expect(read('node node_modules/.bin/codex exec', local)).toEqual({ name: 'codex', at: 2, script })
    expect(read('my-helper exec hi')).toEqual({ name: 'codex', at: 1 })
    expect(read(`${join(base, 'bin/my-helper')} exec`)).toEqual({ name: 'codex', at: 1 })
  })

  it('is told behind two dashes where npm would take its words', () => {
    expect(read('npm exec claude')).toMatchObject({ at: 3, dashes: true })
    expect(read('npx claude')).not.toHaveProperty('dashes')
  })

  it('comes from a registry only when it is not here', () => {
    expect(read('npx codex', local)?.launched).toEqual({ fetched: false })
    expect(read('npx codex', empty)?.launched).toEqual({ fetched: true })
    expect(read('codex', empty)).not.toHaveProperty('launched')
  })

  it.each([
    'npm test',
    'npm run claude',
    'npx vitest',
    'npx -c claude',
    'node cli.js',
    'node -e claude',
    'node',
    'npx',
    'claude-helper',
    'python3 claude',
    'npx @else/claude',
    '',
  ])('is not seen in `%s`', (line) => {
    expect(read(line, local)).toBeUndefined()
  })

  it('is looked for in any words without failing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.string(), fc.constantFrom('npx', 'npm', 'exec', 'node', '--', '-p', '__proto__')),
        ),
        (words) => {
          const found = agentCommand(words, { cwd: empty, path: '/nowhere' })
          expect(found === undefined || found.at <= words.length).toBe(true)
        },
      ),
    )
  })
})
