// OpenTelemetry traces and logs as OTLP/JSON: the collector's file exporter (a document a line), or one document,
// pretty or not, or an array of them. Agents write their tool calls as spans (`execute_tool`) or as log records.
//
//   {"resourceSpans":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"w1"}}]},
//     "scopeSpans":[{"spans":[{"traceId":"5b8e","spanId":"ee19","parentSpanId":"","name":"execute_tool bash",
//       "startTimeUnixNano":"1764000000123456789","endTimeUnixNano":"1764000001123456789",
//       "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},
//         {"key":"gen_ai.tool.call.id","value":{"stringValue":"call_1"}}]}]}]}]}
//
// Where no span of a tool stands in a trace, the calls are taken from the model's answers: they begin with its end.
// A call's ancestors and the rest of its trace may stand anywhere in the file: `join` completes it at the end.
// Rows are spans and log records. A span becomes a call, or the record of an episode (several spans of one
// episode are joined), or is skipped; a resource is skipped as a header. Rows whose resource follows them wait for it, at most
// 4,096 of a block.

import { defineJsonImporter } from '../api.ts'
import { OtlpLine } from './parts/otlp-line.ts'
import { logReader } from './parts/otlp-logs.ts'
import { ResourceBlocks, Resources } from './parts/otlp-resources.ts'
import { SpanReader } from './parts/otlp-spans.ts'
import { joinTraces } from './parts/trace-join.ts'
import { TraceRows } from './parts/trace-rows.ts'

const spanRoots = ['resourceSpans', 'resource_spans', 'batches', 'trace.resourceSpans', 'trace.batches']
const spanScopes = [
  'scopeSpans',
  'scope_spans',
  'instrumentationLibrarySpans',
  'instrumentation_library_spans',
]
const logRoots = ['resourceLogs', 'resource_logs']
const logScopes = ['scopeLogs', 'scope_logs', 'instrumentationLibraryLogs']

interface Where {
  readonly rows: 'spans' | 'logs'
  readonly resource: boolean
  /** Where the block's index stands among an item's keys. */
  readonly block: number
}

const patterns = new Map<string, Where>()
for (const outer of ['', '*.']) {
  for (const root of spanRoots) add(outer + root, spanScopes, 'spans', 'spans')
  for (const root of logRoots) {
    add(outer + root, logScopes, root === 'resource_logs' ? 'log_records' : 'logRecords', 'logs')
  }
}

function add(root: string, scopes: readonly string[], key: string, rows: 'spans' | 'logs'): void {
  const block = root.split('.').length
  patterns.set(`${root}.*.resource`, { rows, resource: true, block })
  for (const scope of scopes) patterns.set(`${root}.*.${scope}.*.${key}.*`, { rows, resource: false, block })
}

export const otlpJson = defineJsonImporter({
  id: 'otlp-json',
  name: 'OpenTelemetry traces and logs, OTLP/JSON',
  family: 'agent',
  documentation: 'https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding',
  items: [...patterns.keys()],
  recognises: ({ text }) =>
    /"(?:resource_?[sS]pans|resource_?[lL]ogs|batches)"\s*:\s*\[/.test(text) &&
    /"(?:scope_?[sS]pans|scope_?[lL]ogs|instrumentationLibrary(?:Spans|Logs)|resource)"\s*:/.test(text),
  splittable: true,
  start(sink) {
    const rows = new TraceRows(sink)
    const resources = new Resources(rows.contexts)
    const spans = new SpanReader(sink, rows)
    const blocks = {
      spans: new ResourceBlocks(resources, (span, line, resource) => spans.value(span, line, resource)),
      logs: new ResourceBlocks(resources, logReader(sink, rows)),
    }
    const lines = new OtlpLine()
    const flush = () => {
      blocks.spans.end()
      blocks.logs.end()
    }
    return {
      wholeLine(text, line) {
        flush()
        const read = lines.read(text)
        if (!read) return false
        for (const block of read) {
          if (block.resource) sink.skip('header')
          const resource = block.resource ? resources.read(block.resource) : resources.none
          for (const span of block.spans) spans.span(span, line, resource)
        }
        return true
      },
      item(path, value, line, keys) {
        const where = patterns.get(path)
        if (!where) return
        if (where.resource) {
          sink.skip('header')
          blocks[where.rows].resource(value, line, keys, where.block)
        } else blocks[where.rows].row(value, line, keys, where.block)
      },
      end() {
        flush()
        return rows.finish()
      },
    }
  },
  join: joinTraces,
})
