// One host's episodes as OpenTelemetry GenAI spans, as a collector's file exporter writes them: a batch a line.

import { createHash } from 'node:crypto'
import type { CallRecord, EpisodeLog } from '../agents/driver.ts'

type Value = string | number
interface Span {
  readonly endUs: number
  readonly json: object
}

/** Spans of one export; a span is exported after it has ended. */
const batchSize = 16

export function writeOtlp(logs: readonly EpisodeLog[], run: string): string[] {
  const batches: { us: number; line: string }[] = []
  for (const log of logs) {
    const spans = episodeSpans(log).sort((a, b) => a.endUs - b.endUs)
    for (let i = 0; i < spans.length; i += batchSize) {
      const batch = spans.slice(i, i + batchSize)
      batches.push({ us: batch[batch.length - 1]!.endUs, line: exportLine(log, run, batch) })
    }
  }
  return batches.sort((a, b) => a.us - b.us).map((batch) => batch.line)
}

function exportLine(log: EpisodeLog, run: string, spans: readonly Span[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: {
          attributes: attributes({
            'service.name': 'rollout-worker',
            'host.name': log.host.name,
            'container.id': log.box.containerId,
            'sandbox.id': log.box.name,
            'rl.run': run,
          }),
        },
        scopeSpans: [
          { scope: { name: 'rollout.agent', version: '0.9.2' }, spans: spans.map((span) => span.json) },
        ],
      },
    ],
  })
}

function episodeSpans(log: EpisodeLog): Span[] {
  const { episode, calls } = log
  const traceId = hex(episode.id, 32)
  const rootId = hex(`${episode.id}/root`, 16)
  const training = {
    'gen_ai.conversation.id': episode.id,
    'rl.step': episode.step,
    'rl.policy_version': episode.policyVersion,
  }
  const endUs = Math.max(log.endUs, ...calls.map((call) => call.endUs))
  const spans: Span[] = []
  const add = (
    id: string,
    parent: string,
    name: string,
    startUs: number,
    end: number,
    extra: Record<string, Value>,
    code = 1,
  ) =>
    spans.push({
      endUs: end,
      json: {
        traceId,
        spanId: id,
        parentSpanId: parent,
        name,
        kind: 1,
        startTimeUnixNano: nano(startUs),
        endTimeUnixNano: nano(end),
        attributes: attributes({ ...extra, ...training }),
        status: { code },
      },
    })
  add(rootId, '', 'invoke_agent coder', log.startUs, endUs, {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'coder',
    'rl.reward': episode.reward,
    'rl.task': episode.task,
  })
  let lastUs = log.startUs
  for (const call of calls) {
    if (call.askedUs > lastUs) {
      add(hex(`${call.sourceId}/chat`, 16), rootId, 'chat policy-30b', lastUs, call.askedUs, {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'policy-30b',
      })
    }
    lastUs = Math.max(lastUs, call.endUs)
    const tool = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'execute_bash',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': call.sourceId,
      'gen_ai.tool.call.arguments': JSON.stringify({ command: commandText(call) }),
      'gen_ai.tool.call.result': JSON.stringify({ exit_code: call.exitCode, output: call.output }),
    }
    add(
      hex(call.sourceId, 16),
      rootId,
      'execute_tool execute_bash',
      call.startUs,
      call.endUs,
      tool,
      call.exitCode === 0 ? 1 : 2,
    )
  }
  return spans
}

/** A file's content came on stdin; an agent with only a shell would have written it so. */
function commandText({ step }: CallRecord): string {
  return step.write ? `cat > ${step.write.path} <<'EOF'\n${step.write.content}EOF` : step.command
}

function attributes(values: Record<string, Value>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : Number.isInteger(value)
          ? { intValue: String(value) }
          : { doubleValue: value },
  }))
}

function nano(us: number): string {
  return `${us}000`
}

function hex(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}
