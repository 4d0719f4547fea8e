import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../schema/tool-call.ts'
import { plainValue } from './any-value.ts'
import { callText } from './arguments.ts'
import { parseNano } from './nano-time.ts'
import { exitCodeInText, exitCodeOf, outputText } from './output.ts'
import { roleOf, slot } from './telemetry-roles.ts'

describe('the text of a call', () => {
  it.each([
    ['Bash', { command: 'ls -la' }, 'ls -la'],
    ['shell', { command: ['bash', '-lc', 'ls | wc'] }, 'ls | wc'],
    ['shell', { command: ['rg', '-n', "it's"] }, "rg -n 'it'\\''s'"],
    ['exec_command', '{"cmd":"git fetch"}', 'git fetch'],
    ['local_shell', { type: 'exec', command: ['/bin/sh', '-c', 'id'] }, 'id'],
    ['bash_command', { keystrokes: 'ls\n' }, 'ls\n'],
    ['mcp__box__run_command', { input: 'whoami' }, 'whoami'],
    ['Bash', '{"command":"cut o', '{"command":"cut o'],
    ['str_replace_editor', { command: 'view', path: '/a' }, '{"command":"view","path":"/a"}'],
    ['WebFetch', { url: 'http://192.0.2.1/' }, '{"url":"http://192.0.2.1/"}'],
    ['noop', undefined, ''],
  ])('%s %j', (name, args, command) => {
    expect(callText(name, args).command).toBe(command)
  })

  it('keeps what is written where', () => {
    expect(callText('Write', { file_path: 'a.sh', content: 'id' }).writes).toEqual([
      { path: 'a.sh', content: 'id' },
    ])
    expect(callText('str_replace_editor', { command: 'create', path: 'b', file_text: 'x' }).writes).toEqual([
      { path: 'b', content: 'x' },
    ])
    const patch =
      '*** Begin Patch\n*** Add File: c.sh\n+nc\n+ls\n*** Delete File: d\n*** Update File: e\n-a\n+b\n*** End Patch'
    const expected = [
      { path: 'c.sh', content: 'nc\nls' },
      { path: 'e', content: 'b' },
    ]
    expect(callText('apply_patch', patch).writes).toEqual(expected)
    expect(callText('shell', { command: ['apply_patch', patch] }).writes).toEqual(expected)
    expect(callText('Bash', { command: `apply_patch <<'EOF'\n${patch}\nEOF` }).writes).toEqual(expected)
    expect(callText('Read', { file_path: 'a' }).writes).toBeUndefined()
  })

  it('is total and within its limits', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (name, args) => {
        const { command, writes } = callText(name, args)
        expect(command.length).toBeLessThanOrEqual(limits.commandChars)
        for (const write of writes ?? []) expect(write.content.length).toBeLessThanOrEqual(limits.writeChars)
      }),
    )
  })
})

describe('the output of a call', () => {
  it('is read from text, blocks and streams', () => {
    expect(outputText('ok')).toBe('ok')
    expect(
      outputText([
        { type: 'text', text: 'a' },
        { type: 'image', source: {} },
      ]),
    ).toBe('a\n[image]')
    expect(outputText({ stdout: 'a', stderr: 'b' })).toBe('a\nb')
    expect(outputText(null)).toBeUndefined()
  })

  it('states an exit code only in words known for it', () => {
    expect(exitCodeOf({ metadata: { exit_code: 3 } })).toBe(3)
    expect(exitCodeInText('Exit code 7\ncurl failed')).toBe(7)
    expect(exitCodeInText('Chunk\nProcess exited with code 101\n')).toBe(101)
    expect(exitCodeInText('{"exit_code": -1}')).toBe(-1)
    expect(exitCodeInText('the page says: exit code 3')).toBeUndefined()
  })
})

describe('OTLP values', () => {
  it('keep large integers and hostile keys', () => {
    expect(plainValue({ intValue: '12' })).toBe(12)
    expect(plainValue({ intValue: '9007199254740993' })).toBe('9007199254740993')
    const object = plainValue({ kvlistValue: { values: [{ key: '__proto__', value: { boolValue: true } }] } })
    expect(Object.keys(object as object)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
  })

  it('cuts nanoseconds to µs, from text exactly and from numbers within what is said', () => {
    fc.assert(
      fc.property(fc.bigInt(10n ** 18n, 4n * 10n ** 18n), (ns) => {
        const us = Number(ns / 1000n)
        expect(parseNano(String(ns))?.us).toBe(us)
        const time = parseNano(Number(ns))!
        expect(Math.abs(time.us - us)).toBeLessThanOrEqual(time.spanUs)
      }),
    )
    for (const none of ['0', '', 0, null, undefined, 'x', -5, Number.NaN])
      expect(parseNano(none)).toBeUndefined()
  })
})

describe('roles of attributes', () => {
  it.each([
    ['trainer.global_step', slot.step],
    ['rl.trainerStep', slot.step],
    ['agent.step', slot.turn],
    ['episode.id', slot.episode],
    ['rl.trajectory-id', slot.episode],
    ['policy_version', slot.policyVersion],
    ['run.name', slot.run],
    ['session.id', slot.conversation],
    ['process.exit.code', slot.exitCode],
  ])('%s', (key, to) => {
    expect(roleOf(key) >> 4).toBe(to)
  })

  it.each(['mcp.session.id', 'thread.id', 'http.request.method', 'langgraph_step', '__proto__', ''])(
    '%s has none',
    (key) => {
      expect(roleOf(key)).toBe(-1)
    },
  )

  it('orders names of the box', () => {
    const keys = [
      'vigiles.box',
      'sandbox_id',
      'container.id',
      'k8s.pod.name',
      'service.instance.id',
      'host.name',
    ]
    const slots = keys.map((key) => roleOf(key) >> 4)
    expect(slots).toEqual([...slots].sort((a, b) => a - b))
    expect(Math.min(...slots)).toBe(slot.boxFirst)
    expect(roleOf('host.name') >> 4).toBe(slot.boxHost)
  })
})
