import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isModelRequest, ModelAnswer, type ModelCall } from './model-answers.ts'

/** Read in pieces of `size` characters. */
function callsIn(text: string, stream: boolean, size = text.length): ModelCall[] {
  const calls: ModelCall[] = []
  const answer = new ModelAnswer(stream, (call) => calls.push(call))
  for (let i = 0; i < text.length; i += Math.max(1, size)) answer.text(text.slice(i, i + Math.max(1, size)))
  answer.end()
  return calls
}
const events = (...list: readonly (object | string)[]) =>
  list.map((one) => `event: x\ndata: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')

const ls = { id: 'toolu_1', name: 'Bash', input: { command: 'ls -l' } }
const anthropic = events(
  { type: 'message_start', message: { content: [] } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'data: "tool_use"' } },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} },
  },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"command":' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '"ls -l"}' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_stop' },
)
const part = (index: number, call: object) => ({
  choices: [{ index: 0, delta: { tool_calls: [{ index, ...call }] }, finish_reason: null }],
})
const chat = events(
  part(0, { id: 'call_1', type: 'function', function: { name: 'bash', arguments: '' } }),
  part(0, { function: { arguments: '{"command":"a"}' } }),
  part(1, { id: 'call_2', type: 'function', function: { name: 'bash', arguments: '{"command":"b"}' } }),
  { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
  '[DONE]',
)

describe("a model's answer", () => {
  it.each([
    ['Messages', anthropic, true, [ls]],
    [
      'Chat Completions',
      chat,
      true,
      [
        { id: 'call_1', name: 'bash', input: { command: 'a' } },
        { id: 'call_2', name: 'bash', input: { command: 'b' } },
      ],
    ],
    [
      'Responses',
      events(
        { type: 'response.function_call_arguments.delta', delta: '{' },
        {
          type: 'response.output_item.done',
          item: { type: 'function_call', call_id: 'c', name: 'shell', arguments: '{"command":["ls"]}' },
        },
        {
          type: 'response.output_item.done',
          item: { type: 'local_shell_call', call_id: 'd', action: { command: ['ls'] } },
        },
      ),
      true,
      [
        { id: 'c', name: 'shell', input: { command: ['ls'] } },
        { id: 'd', name: 'local_shell', input: { command: ['ls'] } },
      ],
    ],
    [
      'Messages, whole',
      JSON.stringify({
        content: [
          { type: 'text', text: 'a' },
          { type: 'tool_use', ...ls },
        ],
      }),
      false,
      [ls],
    ],
    [
      'Chat Completions, whole',
      JSON.stringify({
        choices: [{ message: { tool_calls: [{ id: 'c', function: { name: 'f', arguments: 'no json' } }] } }],
      }),
      false,
      [{ id: 'c', name: 'f', input: 'no json' }],
    ],
    [
      'Responses, whole',
      JSON.stringify({
        output: [
          { type: 'message' },
          { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: '*** x' },
        ],
      }),
      false,
      [{ id: 'c', name: 'patch', input: '*** x' }],
    ],
  ])('as %s gives its calls, however it comes in pieces', (_, text, stream, calls) => {
    for (const size of [text.length, 1, 7]) expect(callsIn(text, stream, size)).toEqual(calls)
  })

  it('tells of a call as soon as it is whole', () => {
    const calls: ModelCall[] = []
    const answer = new ModelAnswer(true, (call) => calls.push(call))
    answer.text(anthropic.slice(0, anthropic.indexOf('message_stop')))
    expect(calls).toEqual([ls])
  })

  it('that is none, is cut off, or is hostile, gives nothing that is none, and never fails', () => {
    expect(callsIn('<html>', false)).toEqual([])
    expect(callsIn('{"content":[{"type":"tool_use","id":7,"name":"x"}],"__proto__":{}}', false)).toEqual([])
    fc.assert(
      fc.property(fc.string(), fc.boolean(), fc.nat(anthropic.length), (noise, stream, cut) => {
        callsIn(noise, stream, 3)
        callsIn(`${anthropic.slice(0, cut)}${noise}`, stream, 11)
        callsIn(`data: {"choices":${JSON.stringify([noise])}}\n`, true)
      }),
    )
  })

  it('is read up to a limit, and gives no more calls than that', () => {
    const call = (i: number) => ({
      type: 'response.output_item.done',
      item: { type: 'function_call', call_id: `c${i}`, name: 'f', arguments: '{}' },
    })
    expect(callsIn(events(...Array.from({ length: 500 }, (_, i) => call(i))), true)).toHaveLength(64)
    expect(callsIn(`data: "${'x'.repeat(2 << 20)}"\n${events(call(1))}`, true, 65_536)).toEqual([])
  })
})

it.each([
  ['POST', '/v1/messages', true],
  ['POST', '/v1/messages?beta=true', true],
  ['POST', '/api/v3/chat/completions', true],
  ['POST', '/v1/responses', true],
  ['GET', '/v1/responses', false],
  ['POST', '/v1/messages/count_tokens', false],
  ['POST', '/v1/embeddings', false],
])('%s %s asks a model: %s', (method, path, is) => {
  expect(isModelRequest(method, path)).toBe(is)
})
