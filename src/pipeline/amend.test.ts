import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withoutCalls } from './amend.ts'
import { BatchSink } from './batch.ts'
import type { TextBlob } from './grow.ts'

function textAt({ bytes, ends }: TextBlob, i: number): string {
  return Buffer.from(bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i])).toString()
}

function batchOf(indexes: readonly number[]) {
  const sink = new BatchSink(() => {})
  for (const i of indexes) {
    const time = { us: i * 1e6, spanUs: 1, kind: 'event', zone: 'utc', source: `${i}` } as const
    sink.toolCall({
      name: 'bash',
      command:
        i % 3 === 0 ? `curl https://a${i}.example.com/é https://b${i}.example.com > f${i}.sh` : `ls ${i}`,
      ...(i % 2 === 0 && { sourceId: `call-${i}`, episode: `ep-${i % 5}` }),
      start: time,
      uncertaintyMs: i,
      timeSource: 'span',
      boxHints: [`box-${i % 4}`],
      line: i + 1,
    })
  }
  return sink.finish()
}

function readable({ calls, texts, files }: ReturnType<typeof batchOf>): unknown {
  const rows = Array.from({ length: calls.n }, (_, j) => [
    textAt(calls.command, j),
    textAt(calls.sourceId, j),
    texts[calls.episode[j]!],
    texts[calls.hints[j]!],
    calls.startUs[j],
    calls.line[j],
    Array.from(
      calls.targets.subarray(j === 0 ? 0 : calls.targetsEnd[j - 1]!, calls.targetsEnd[j]!),
      (id) => texts[id],
    ),
  ])
  return { rows, files, targets: calls.targets.length, ports: calls.targetPort.length }
}

describe('withoutCalls', () => {
  it('leaves what a batch without these calls holds', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.uniqueArray(fc.nat(29)), (n, some) => {
        const gone = new Set(some.filter((j) => j < n))
        const all = Array.from({ length: n }, (_, i) => i)
        const left = readable(withoutCalls(batchOf(all), gone))
        expect(left).toEqual(readable(batchOf(all.filter((i) => !gone.has(i)))))
      }),
    )
  })
})
