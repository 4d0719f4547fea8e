import { defineCheck } from '../api.ts'
import { counted, names } from '../words.ts'

export const traces = defineCheck({
  id: 'trace.present',
  question: 'Are tool calls recorded?',
  judged: 'Good when any tool call was read; missing otherwise.',
  look({ traces }) {
    if (traces) {
      const files = names([...new Set(traces.sources.map(({ format }) => format))])
      return {
        verdict: 'good',
        found: `${counted(traces.calls, 'tool call')} of ${counted(traces.episodes, 'episode')} (${files}).`,
      }
    }
    return {
      verdict: 'missing',
      found: 'No tool call was read from what was given.',
      cost: 'An alarm can be tied to an address at best, never to a call, an episode or a training step.',
      todo: [
        {
          do: "Give the agents' traces: OpenTelemetry spans, transcripts, rollout dumps (docs/reference/importers.md lists what is read).",
          where: "the agent's environment",
          config:
            'CLAUDE_CODE_ENABLE_TELEMETRY=1 OTEL_LOGS_EXPORTER=otlp OTEL_LOG_TOOL_DETAILS=1 OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example.com:4318',
        },
      ],
    }
  },
})
