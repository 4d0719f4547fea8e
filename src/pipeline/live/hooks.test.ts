import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isHookCommand, isHookPart } from './hook-program.ts'
import { hookAnswer, readHook } from './hooks.ts'

describe('messages of hooks', () => {
  it('of Claude Code, Codex and Qwen Code', () => {
    expect(
      readHook({
        session_id: 's-1',
        hook_event_name: 'PostToolUse',
        tool_name: 'Bash',
        tool_input: { command: 'ls -l', description: 'List' },
        tool_response: { stdout: 'a\n', stderr: '' },
        tool_use_id: 'toolu_1',
      }),
    ).toEqual({
      event: 'PostToolUse',
      when: 'after',
      session: 's-1',
      id: 'toolu_1',
      tool: 'Bash',
      command: 'ls -l',
      output: 'a\n',
    })
  })

  it('of Gemini CLI, which give no id; arguments of other tools stay JSON', () => {
    expect(
      readHook({
        hook_event_name: 'BeforeTool',
        tool_name: 'web_fetch',
        tool_input: { prompt: 'read https://example.com/' },
      }),
    ).toEqual({
      event: 'BeforeTool',
      when: 'before',
      tool: 'web_fetch',
      command: '{"prompt":"read https://example.com/"}',
    })
    const editor = { command: 'create', path: '/a', file_text: 'x' }
    expect(readHook({ hook_event_name: 'PreToolUse', tool_input: editor })?.command).toBe(
      JSON.stringify(editor),
    )
    expect(
      readHook({ hook_event_name: 'PreToolUse', tool_input: { command: ['bash', '-lc', 'ls'] } })?.command,
    ).toBe('ls')
  })

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (input, response) => {
        expect(
          readHook({ hook_event_name: 'PostToolUse', tool_input: input, tool_response: response })?.when,
        ).toBe('after')
        readHook(input)
      }),
    )
  })

  it('are answered with what was denied, or with nothing', () => {
    const message = readHook({ hook_event_name: 'PostToolUse', tool_name: 'Bash' })!
    expect(hookAnswer(message, undefined)).toEqual({})
    expect(hookAnswer(message, 'denied: x')).toEqual({
      systemMessage: 'denied: x',
      hookSpecificOutput: { hookEventName: 'PostToolUse', additionalContext: 'denied: x' },
    })
  })
})

describe('the hook as a process', () => {
  it('is what was set up, and nothing that only looks like it', () => {
    expect(isHookCommand("bash -c '/run/vigiles/hook qwen'")).toBe(true)
    expect(isHookCommand('/bin/sh /run/vigiles/hook claude')).toBe(true)
    expect(isHookCommand("bash -c '/run/vigiles/hook qwen; ssh -R 1:a:2 b'")).toBe(false)
    expect(isHookCommand("bash -c ': /run/vigiles/hook qwen'")).toBe(false)
    expect(isHookPart('ssh -N 203.0.113.7')).toBe(false)
  })
})
