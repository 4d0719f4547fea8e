import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EpisodeRecord, ToolCall } from '../../schema/tool-call.ts'
import { openReader } from '../read.ts'
import { otlpJson } from './otlp-json.ts'

const base = 1_764_000_000

function attribute(key: string, value: string | number): object {
  return { key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } }
}

function span(id: string, parent: string, name: string, at: number, attributes: object[]): object {
  return {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: id.padStart(16, '0'),
    parentSpanId: parent === '' ? '' : parent.padStart(16, '0'),
    name,
    startTimeUnixNano: `${base + at}000000000`,
    endTimeUnixNano: `${base + at + 1}000000000`,
    attributes,
  }
}

function read(text: string): {
  calls: ToolCall[]
  episodes: EpisodeRecord[]
  skips: string[]
  rejects: string[]
} {
  const told = { calls: [], episodes: [], skips: [], rejects: [] } as ReturnType<typeof read>
  const reader = openReader(
    otlpJson,
    {
      event() {},
      toolCall: (call) => told.calls.push(call),
      outcome() {},
      episode: (episode) => told.episodes.push(episode),
      box() {},
      reject: (_, reason) => told.rejects.push(reason),
      skip: (why) => told.skips.push(why),
    },
    { path: 'traces.jsonl' },
  )
  reader.chunk(new TextEncoder().encode(text))
  reader.end()
  return told
}

function lines(spans: object[]): string {
  return spans
    .map((one) => JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [one] }] }] }))
    .join('\n')
}

const trace = [
  span('1', '', 'train_step', 0, [attribute('trainer.global_step', 7)]),
  span('2', '1', 'invoke_agent a', 1, [attribute('rl.episode_id', 'ep-a'), attribute('sandbox.id', 'box-a')]),
  span('3', '1', 'invoke_agent b', 1, [attribute('rl.episode_id', 'ep-b'), attribute('sandbox.id', 'box-b')]),
  span('4', '2', 'step', 2, [attribute('step', 3)]),
  span('5', '4', 'execute_tool bash', 3, [attribute('gen_ai.tool.call.id', 'call-a')]),
  span('6', '3', 'execute_tool bash', 3, [attribute('gen_ai.tool.call.id', 'call-b')]),
]

describe('otlp-json', () => {
  it('gives a call what spans above it say, in whatever order they are written', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(trace, { minLength: trace.length }), (spans) => {
        const { calls } = read(lines(spans))
        const told = calls.map((call) => [call.sourceId, call.episode, call.step, call.boxHints.join()])
        expect(told.sort()).toEqual([
          ['call-a', 'ep-a', 7, 'box-a'],
          ['call-b', 'ep-b', 7, 'box-b'],
        ])
      }),
    )
  })

  it('falls back to the conversation, then to the trace', () => {
    const { calls } = read(
      lines([
        span('1', '', 'execute_tool a', 1, [attribute('gen_ai.conversation.id', 'talk')]),
        { ...span('2', '', 'execute_tool b', 2, []), traceId: 'other' },
      ]),
    )
    expect(calls.map((call) => call.episode)).toEqual(['talk', 'other'])
  })

  it('puts a resource that follows its spans to them, also when several documents follow each other', () => {
    const document = (host: string, id: string) =>
      JSON.stringify({
        resourceSpans: [
          {
            scopeSpans: [{ spans: [span(id, '', 'execute_tool bash', 1, [])] }],
            resource: { attributes: [attribute('host.name', host)] },
          },
        ],
      })
    const { calls } = read(`${document('one', '1')}\n${document('two', '2')}\n`)
    expect(calls.map((call) => call.sensor)).toEqual(['one', 'two'])
  })

  it('reads a document from its text as from its values', () => {
    const key = fc.constantFrom(
      ...[
        'gen_ai.operation.name',
        'gen_ai.tool.call.id',
        'rl.step',
        'sandbox.id',
        'gen_ai.tool.call.arguments',
      ],
      ...['noise', 'reward', 'gen_ai.conversation.id', 'gen_ai.tool.name'],
    )
    const value = fc.oneof(
      fc.constantFrom('execute_tool', 'chat', 'invoke_agent', '{"command":"ls"}', '\u0000"\\', 'é監'),
      fc.constantFrom(...[{ intValue: '7' }, { intValue: 7 }, { boolValue: true }, {}, null, 3, 'bare']),
      fc.constant({ kvlistValue: { values: [{ key: 'a', value: { stringValue: 'b' } }] } }),
    )
    const attributes = fc.array(
      fc.record({ key, value: value.map((v) => (typeof v === 'string' ? { stringValue: v } : v)) }),
      { maxLength: 6 },
    )
    const id = fc.constantFrom('0000000000000001', '0000000000000002', '', undefined)
    const spans = fc.array(
      fc.record(
        {
          traceId: fc.constantFrom('t1', 't2', ''),
          spanId: id,
          parent_span_id: id,
          name: fc.constantFrom('execute_tool x', 'chat', 'other'),
          startTimeUnixNano: fc.constantFrom(`${base}000000001`, base * 1e9, 'no time', null),
          endTimeUnixNano: fc.constantFrom(`${base + 5}000000001`, 0),
          attributes,
          events: fc.constantFrom([], [{ name: 'gen_ai.choice', attributes: [] }], null),
          noise: fc.json().map((text): unknown => JSON.parse(text)),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 5 },
    )
    const block = fc.record(
      {
        resource: fc.record({ attributes }, { requiredKeys: [] }),
        scopeSpans: fc.array(fc.record({ scope: fc.constant({ name: 's' }), spans }), { maxLength: 2 }),
      },
      { requiredKeys: ['resource'] },
    )
    const documents = fc.array(fc.record({ resourceSpans: fc.array(block, { maxLength: 3 }) }), {
      maxLength: 3,
    })
    const lineless = (told: ReturnType<typeof read>) =>
      JSON.stringify({ ...told, skips: told.skips.sort() }, (name, one: unknown) =>
        name === 'line' ? 0 : one,
      )
    fc.assert(
      fc.property(documents, (all) => {
        const onLines = read(all.map((one) => JSON.stringify(one)).join('\n'))
        const laidOut = read(all.map((one) => JSON.stringify(one, null, 1)).join('\n'))
        expect(lineless(onLines)).toBe(lineless(laidOut))
      }),
      { numRuns: 500 },
    )
  })

  it('counts every span once', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...trace), { maxLength: 12 }), (spans) => {
        const { calls, episodes, skips, rejects } = read(lines(spans))
        const rows = skips.filter((why) => why !== 'header').length
        expect(calls.length + episodes.length + rows + rejects.length).toBe(spans.length)
      }),
    )
  })
})
