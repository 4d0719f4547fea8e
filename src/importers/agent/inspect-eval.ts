// Inspect's `.eval` logs: a zip with a JSON document for each sample, whole or in chunks; both may sit in one log.
//
//   _journal/start.json, header.json                    {"eval":{"run_id":"…","task":"…",…},…}
//   samples/{id}_epoch_{n}.json                         {"id":1,"epoch":1,"scores":{…},"events":[…],"attachments":{…}}
//   samples/{id}_epoch_{n}/sample.json                  the same without its lists
//   samples/{id}_epoch_{n}/events/{start}.json          [event, …]
//   samples/{id}_epoch_{n}/messages|attachments/{start}.json
// Rows are events, and samples (an episode each). Lines are those of the member.

import { type ArchiveReader, defineArchiveImporter, type Sink } from '../api.ts'
import { InspectSample } from './parts/inspect-sample.ts'
import { at, idText } from './parts/values.ts'

const wholeItems = [
  'id',
  'epoch',
  'scores',
  'score',
  'started_at',
  'completed_at',
  'messages.*',
  'events.*',
  'attachments.*',
  'transcript.events.*',
  'transcript.content.*',
]

/** Samples in chunks that are open at once; the archive holds a sample's members together. */
const openMax = 64

interface Member {
  readonly sample: string
  readonly part: 'whole' | 'shell' | 'messages' | 'events' | 'attachments'
  readonly start: number
}

function memberOf(name: string): Member | undefined {
  const chunk = /^samples\/(.{1,1000}_epoch_\d{1,9})\/(messages|events|attachments)\/(\d{1,12})\.json$/.exec(
    name,
  )
  if (chunk?.[1] && chunk[2]) {
    const part = chunk[2] === 'messages' ? 'messages' : chunk[2] === 'events' ? 'events' : 'attachments'
    return { sample: chunk[1], part, start: Number(chunk[3]) }
  }
  const shell = /^samples\/(.{1,1000}_epoch_\d{1,9})\/sample\.json$/.exec(name)
  if (shell?.[1]) return { sample: shell[1], part: 'shell', start: 0 }
  const whole = /^samples\/(.{1,1000}_epoch_\d{1,9})\.json$/.exec(name)
  return whole?.[1] ? { sample: whole[1], part: 'whole', start: 0 } : undefined
}

export const inspectEval = defineArchiveImporter({
  id: 'inspect-eval',
  name: 'Inspect .eval log',
  family: 'agent',
  documentation: 'https://inspect.aisi.org.uk/eval-logs.html',
  ownRows: true,
  recognises: (head) =>
    head.members?.some((name) => memberOf(name) !== undefined || name === '_journal/start.json') ?? false,
  itemsOf(name) {
    if (name === 'header.json' || name === '_journal/start.json') return ['eval']
    const member = memberOf(name)
    if (!member) return undefined
    return member.part === 'whole' || member.part === 'shell' ? wholeItems : ['*']
  },
  start,
})

function start(sink: Sink): ArchiveReader {
  let run: string | undefined
  const open = new Map<string, InspectSample>()
  const finish = (name: string) => {
    const sample = open.get(name)
    open.delete(name)
    if (!sample) return
    if (run !== undefined) sample.run = run
    sample.finish(sink)
  }
  const sampleOf = (name: string): InspectSample => {
    const known = open.get(name)
    if (known) return known
    const [oldest] = open.keys()
    if (open.size >= openMax && oldest !== undefined) finish(oldest)
    const sample = new InspectSample()
    // The name says it where the document is cut off.
    const match = /^(.*)_epoch_(\d+)$/.exec(name)
    sample.field('id', match?.[1])
    sample.field('epoch', match?.[2])
    open.set(name, sample)
    return sample
  }
  return {
    item(name, path, value, line, keys) {
      const member = memberOf(name)
      if (!member) {
        run = idText(at(value, 'run_id')) ?? idText(at(value, 'eval_id')) ?? run
        return
      }
      const sample = sampleOf(member.sample)
      if (member.part === 'events') sample.event(value, line, sink)
      else if (member.part === 'messages') sample.message(value)
      else if (member.part === 'attachments') sample.attachment(String(member.start + Number(keys[0])), value)
      else if (path.endsWith('events.*')) sample.event(value, line, sink)
      else if (path === 'messages.*') sample.message(value)
      else if (path === 'attachments.*' || path === 'transcript.content.*') {
        sample.attachment(String(keys[keys.length - 1]), value)
      } else sample.field(path, value)
    },
    memberEnd(name) {
      const member = memberOf(name)
      if (member?.part === 'whole') finish(member.sample)
    },
    end() {
      for (const name of [...open.keys()]) finish(name)
    },
  }
}
