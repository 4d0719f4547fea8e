import { describe, expect, it } from 'vitest'
import { assert } from '../../../base/assert.ts'
import { type KnownAgent, knownAgent } from '../agents.ts'
import { withHooks } from './parts.ts'

const place = {
  home: '/home/u',
  env: {},
  words: [] as string[],
  read: (_: string): string | undefined => undefined,
}

async function known(program: string): Promise<KnownAgent> {
  const agent = await knownAgent(program)
  assert(agent !== undefined, `${program} is known`)
  return agent
}

describe('settings of agents', () => {
  it.each(['claude', 'codex', 'gemini', 'qwen', 'opencode'])(
    '%s is known and told to report its calls',
    async (name) => {
      const settings = (await known(`/opt/bin/${name}`)).configure(place)
      const text = JSON.stringify(settings)
      expect(text).toContain(name === 'opencode' ? '/hook/opencode' : `/run/vigiles/hook ${name}`)
    },
  )

  it('keep what the user set, comments and all', async () => {
    const user = '{ // mine\n "theme": "a//b", "hooks": { "BeforeTool": [{"matcher":"x"}], },\n}'
    const { files } = (await known('gemini')).configure({ ...place, read: () => user })
    const merged = JSON.parse(files!.at(-1)!.text)
    expect(merged.theme).toBe('a//b')
    expect(merged.hooks.BeforeTool).toHaveLength(2)
    expect(merged.hooks.AfterTool).toHaveLength(1)
  })

  it('that cannot be read are left alone', async () => {
    expect(withHooks('{ broken', {})).toBeUndefined()
    const { files, notes } = (await known('gemini')).configure({ ...place, read: () => '{ broken' })
    expect(files).toBeUndefined()
    expect(notes).toHaveLength(1)
  })

  it('trust, in Codex, our own two hooks and no others', async () => {
    const { words = [] } = (await known('codex')).configure(place)
    expect(words.filter((word) => word.startsWith('--'))).toEqual([])
    const state = words.find((word) => word.startsWith('hooks.state=')) ?? ''
    expect(
      [...state.matchAll(/"([^"]+)"=\{trusted_hash="sha256:[0-9a-f]{64}"\}/g)].map(([, key]) => key),
    ).toEqual([
      '/<session-flags>/config.toml:pre_tool_use:0:0',
      '/<session-flags>/config.toml:post_tool_use:0:0',
    ])
  })

  it('of the command come first', async () => {
    const { words, notes } = (await known('claude')).configure({ ...place, words: ['--settings', 'x.json'] })
    expect(words).toBeUndefined()
    expect(notes).toHaveLength(1)
    const own = '{"plugin":["mine"],"model":"m"}'
    const { env } = (await known('opencode')).configure({ ...place, env: { OPENCODE_CONFIG_CONTENT: own } })
    expect(JSON.parse(env!.OPENCODE_CONFIG_CONTENT!)).toMatchObject({
      model: 'm',
      plugin: ['mine', expect.anything()],
    })
  })
})
