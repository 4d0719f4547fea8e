import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ToolCall } from '../../schema/tool-call.ts'
import { openReader } from '../read.ts'
import { antiCall, unwrapNohup } from './parts/rock-command.ts'
import { rockAdminLog } from './rock-admin-log.ts'

const box = '0b6e2c7d91f04c5d8e35'

function read(text: string) {
  const calls: ToolCall[] = []
  const rejects: string[] = []
  const none = () => {}
  const reader = openReader(
    rockAdminLog,
    {
      event: none,
      outcome: none,
      episode: none,
      box: none,
      skip: none,
      toolCall: (call) => calls.push(call),
      reject: (_, reason) => rejects.push(reason),
    },
    { path: 'rock.log' },
  )
  reader.chunk(new TextEncoder().encode(text))
  reader.end()
  return { calls, rejects }
}

function record(second: number, trace: string, content: unknown): string {
  const time = `2026-03-07T09:31:${String(second).padStart(2, '0')}.000+08:00`
  return `${time} INFO:main.py:335 [accessLog] [${box}] [${trace}] -- ${JSON.stringify(content, null, 2)}\n`
}

function command(second: number, text: string, session = 's', trace = `t${second}`): string {
  return record(second, trace, {
    access_type: 'request',
    method: 'POST',
    url: 'http://rock.example.com/apis/envs/sandbox/v1/run_in_session',
    headers: { authorization: 'Bearer made-up' },
    request_content: { command: text, session, sandbox_id: box },
  })
}

function answered(second: number, trace: string, ms: number): string {
  return record(second, trace, {
    access_type: 'response',
    status_code: 200,
    process_time: `${ms.toFixed(2)}ms`,
  })
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`
}

function handOver(index: number, ...shell: readonly string[]): string {
  const calls = shell.map((cmd, i) => ({
    id: `call_${index}_${i}`,
    function: { name: 'run_shell_command', arguments: JSON.stringify({ command: cmd }) },
  }))
  const reply = JSON.stringify({ choices: [{ message: { tool_calls: calls } }] })
  const inner = `export PATH='/opt/x':$PATH && rock model-service anti-call-llm --index ${index} --response ${quote(reply)}`
  return `nohup bash -c ${quote(inner)} < /dev/null > /tmp/tmp_${index}.out 2>&1 & echo __ROCK_PID_START__\${!}__ROCK_PID_END__;disown`
}

const seconds = (call: ToolCall) => [call.start, call.end].map((time) => time?.source.slice(17, 19))

it('decodes any answer, however its text is quoted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(9999), (text, index) => {
      const found = antiCall(unwrapNohup(handOver(index, text)).command)
      expect(found?.index).toBe(index)
      const reply: unknown = JSON.parse(found?.response ?? '')
      expect(JSON.stringify(reply)).toContain(JSON.stringify(JSON.stringify({ command: text })).slice(1, -1))
    }),
  )
})

it("ends a chunk's calls with the request that hands over the next answer", () => {
  const { calls, rejects } = read(
    command(1, handOver(1, "echo 'it''s'", 'id')) +
      command(9, handOver(2, 'ls'), 'other') +
      command(20, handOver(3)),
  )
  expect(rejects).toEqual([])
  expect(
    calls.map((call) => [call.sourceId, call.command, call.turn, call.timeSource, ...seconds(call)]),
  ).toEqual([
    ['call_1_0', "echo 'it''s'", 0, 'batch', '01', '09'],
    ['call_1_1', 'id', 0, 'batch', '01', '09'],
    ['call_2_0', 'ls', 1, 'next-record', '09', '20'],
  ])
})

it("ends them sooner when the agent's next question is read from the hand-over's output", () => {
  const text =
    command(1, handOver(1, 'make'), 'bash-1') +
    command(5, 'kill -0 4711', 'bash-1') +
    command(8, 'cat /tmp/tmp_1.out', 'bash-1') +
    command(30, handOver(2, 'ls'), 'bash-2')
  expect(read(text).calls.map(seconds)).toEqual([
    ['01', '08'],
    ['30', undefined],
  ])
})

it('does not take a repeated hand-over for new calls', () => {
  const { calls } = read(
    command(1, handOver(1, 'make')) + command(4, handOver(1, 'make')) + command(9, handOver(2)),
  )
  expect(calls.map(seconds)).toEqual([['01', '09']])
})

it('joins an answer to the request that began when it says, though all share one trace id', () => {
  const { calls } = read(
    command(1, 'sleep 9', 'a', 'episode-7') +
      command(3, 'id', 'b', 'episode-7') +
      answered(4, 'episode-7', 1000) +
      answered(10, 'episode-7', 9000),
  )
  expect(calls.map((call) => [call.command, ...seconds(call)])).toEqual([
    ['id', '03', '04'],
    ['sleep 9', '01', '10'],
  ])
})

it('keeps no header and no token', () => {
  for (const name of ['agent-native.log', 'commands.log', 'cut.log']) {
    const text = readFileSync(
      new URL(`../../../fixtures/importers/rock-admin-log/${name}`, import.meta.url),
      'utf8',
    )
    expect(text).toContain('sk-made-up-secret')
    expect(JSON.stringify(read(text).calls)).not.toContain('made-up')
  }
})
