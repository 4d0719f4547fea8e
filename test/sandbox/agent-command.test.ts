// An agent is known however it is started: its hooks are on, and what its tools do has their call's label.
//
// It is a small program in the package of a known agent, which tells of one tool call as that agent does.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { missingForSandbox } from './holding.ts'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const missing = missingForSandbox()

const agent = `#!/usr/bin/env node
const { spawnSync } = require('node:child_process')
const { readFileSync } = require('node:fs')
const words = process.argv.slice(2)
const { hooks } = JSON.parse(readFileSync(words[words.indexOf('--settings') + 1], 'utf8'))
const command = 'curl -s -m 3 http://192.0.2.9/; true'
const tell = (event) => {
  const input = { hook_event_name: event, session_id: 's', tool_name: 'Bash', tool_use_id: 'toolu_1', tool_input: { command } }
  const hook = hooks[event][0].hooks[0].command
  spawnSync('/bin/sh', ['-c', hook], { input: JSON.stringify(input), stdio: ['pipe', 'ignore', 'inherit'] })
}
tell('PreToolUse')
spawnSync('/bin/bash', ['-c', command])
tell('PostToolUse')
console.log(JSON.stringify(words.filter((word, i) => word !== '--settings' && words[i - 1] !== '--settings')))
`

describe.skipIf(missing !== undefined)(`an agent${missing ? ` (${missing})` : ''}`, () => {
  let base = ''
  let count = 0

  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), 'agent-command-'))
    const folder = join(base, 'work/node_modules/@anthropic-ai/claude-code')
    for (const path of [folder, join(base, 'work/node_modules/.bin'), join(base, 'home')])
      mkdirSync(path, { recursive: true })
    writeFileSync(join(base, 'work/package.json'), '{"private":true}')
    writeFileSync(
      join(folder, 'package.json'),
      '{"name":"@anthropic-ai/claude-code","version":"1.0.0","bin":{"claude":"cli.js"}}',
    )
    writeFileSync(join(folder, 'cli.js'), agent)
    chmodSync(join(folder, 'cli.js'), 0o755)
    symlinkSync('../@anthropic-ai/claude-code/cli.js', join(base, 'work/node_modules/.bin/claude'))
    symlinkSync('node_modules/@anthropic-ai/claude-code/cli.js', join(base, 'work/helper'))
  })
  afterAll(() => rmSync(base, { recursive: true, force: true }))

  it.each([
    ['by its path', ['./node_modules/.bin/claude', '-p', 'hi']],
    ['by a link of another name', ['./helper', '-p', 'hi']],
    ['as a script', ['node', 'node_modules/@anthropic-ai/claude-code/cli.js', '-p', 'hi']],
    ['by npx', ['npx', '--yes', 'claude', '-p', 'hi']],
    ['by npm exec', ['npm', 'exec', '--', '@anthropic-ai/claude-code', '-p', 'hi']],
  ])(
    'that is started %s is known, and so are the calls of its tools',
    async (_, command) => {
      const record = join(base, `record-${++count}`)
      const child = spawn(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), cli, 'run', '--record', record, '--', ...command],
        {
          cwd: join(base, 'work'),
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 50_000,
          killSignal: 'SIGKILL',
          env: { ...process.env, HOME: join(base, 'home') },
        },
      )
      let [out, err] = ['', '']
      child.stdout.on('data', (bytes) => {
        out += bytes
      })
      child.stderr.on('data', (bytes) => {
        err += bytes
      })
      const [code] = await once(child, 'close')
      expect([code, out.trim().split('\n').at(-1)], err).toEqual([0, '["-p","hi"]'])
      expect(err).toContain('no policy: Claude Code may reach its own model, nothing else')
      const lines: RecordedLine[] = readFileSync(join(record, 'journal.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      const connection = lines.find(
        (line) => line.class === 'network_activity' && line.dstEndpoint.ip === '192.0.2.9',
      )
      expect(connection).toMatchObject({
        actor: {
          unit: expect.stringMatching(/^unit-1\/\d+/),
          tier: 'none',
          label: { toolCall: 'toolu_1', tool: 'Bash' },
        },
      })
      expect(connection?.class === 'network_activity' && connection.actor.label?.agreement).toBeGreaterThan(
        0.8,
      )
    },
    60_000,
  )
})
