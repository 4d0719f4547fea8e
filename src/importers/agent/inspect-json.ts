// Inspect's logs as one JSON document (`--log-format json`, and all logs before `.eval`).
//
//   {"version":2,"status":"success","eval":{"run_id":"…","task":"…"},"samples":[{"id":1,"epoch":1,"scores":{…},
//     "events":[{"event":"tool",…}],"attachments":{…}}]}
// Rows are events, and samples (an episode each).

import { defineJsonImporter } from '../api.ts'
import { InspectSample } from './parts/inspect-sample.ts'
import { at, idText } from './parts/values.ts'

export const inspectJson = defineJsonImporter({
  id: 'inspect-json',
  name: 'Inspect log as JSON',
  family: 'agent',
  documentation: 'https://inspect.aisi.org.uk/eval-logs.html',
  ownRows: true,
  items: [
    'eval',
    'samples.*.id',
    'samples.*.epoch',
    'samples.*.scores',
    'samples.*.score',
    'samples.*.started_at',
    'samples.*.completed_at',
    'samples.*.messages.*',
    'samples.*.events.*',
    'samples.*.attachments.*',
    'samples.*.transcript.events.*',
    'samples.*.transcript.content.*',
  ],
  recognises: (head) =>
    /^\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:\s*"(?:started|success|cancelled|error)"/.test(
      head.text,
    ) && /"(?:eval|plan|samples)"\s*:/.test(head.text),
  start(sink) {
    let run: string | undefined
    let sample: InspectSample | undefined
    let index = -1
    const finish = () => {
      if (sample) {
        if (run !== undefined) sample.run = run
        sample.finish(sink)
      }
      sample = undefined
    }
    return {
      item(path, value, line, keys) {
        if (path === 'eval') {
          finish()
          index = -1
          run = idText(at(value, 'run_id')) ?? idText(at(value, 'eval_id'))
          return
        }
        if (!sample || keys[1] !== index) {
          finish()
          sample = new InspectSample()
          sample.line = line
          index = Number(keys[1])
        }
        if (path.endsWith('events.*')) sample.event(value, line, sink)
        else if (path === 'samples.*.messages.*') sample.message(value)
        else if (path === 'samples.*.attachments.*' || path.endsWith('content.*')) {
          sample.attachment(String(keys[keys.length - 1]), value)
        } else sample.field(path.slice('samples.*.'.length), value)
      },
      end: finish,
    }
  },
})
