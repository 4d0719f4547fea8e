// Reads a recording back, for replay, investigation and learning a policy.

import { OperatorError } from '../base/errors.ts'
import { journalClasses, type RecordedLine } from '../schema/journal.ts'
import { checkLine, type Place, type Row } from './check-line.ts'
import { journalBytes, journalPath } from './journal-bytes.ts'

/**
 * The lines of a recording's folder or journal file, in their order, each checked like `verify` does. A half-written
 * last line is left out.
 *
 * Throws an `OperatorError` at the first line that does not hold.
 */
export async function* readJournal(path: string): AsyncGenerator<RecordedLine> {
  const { file } = journalPath(path)
  let place: Place = { seq: 0, hash: '' }
  for await (const { lines } of journalBytes(file)) {
    for (const bytes of lines) {
      const checked = checkLine(bytes, place)
      if (typeof checked === 'string') throw broken(path, place.seq + 1, checked)
      place = checked.place
      if (isRecorded(checked.row)) yield checked.row
      else
        throw broken(path, place.seq, 'it is of a class, or lacks a member, that this version does not know')
    }
  }
}

/** Which members a line of a class must have, beside those that all have. */
const needed: Readonly<Record<RecordedLine['class'], readonly string[]>> = {
  network_activity: ['box', 'activity', 'connection', 'srcEndpoint', 'dstEndpoint', 'disposition', 'actor'],
  dns_activity: ['box', 'query', 'disposition', 'actor'],
  http_activity: ['box', 'connection', 'dstEndpoint', 'disposition', 'http', 'actor'],
  ssh_activity: ['box', 'connection', 'dstEndpoint', 'disposition', 'ssh', 'actor'],
  process_activity: ['box', 'activity', 'process', 'actor'],
  detection_finding: ['box', 'finding'],
  api_activity: ['box', 'operation', 'by'],
  execute_tool: ['box', 'activity', 'toolCall', 'name'],
  aggregate: ['box', 'of', 'count', 'firstTime', 'lastTime', 'actor'],
  start: ['publicKey'],
  checkpoint: ['signature'],
  seal: ['signature', 'lines'],
  recovered: ['from'],
  clock_step: ['expected', 'stepMs'],
}

/** The chain vouches that a writer of ours wrote it; what is asked here is whether of this version's kinds. */
function isRecorded(row: Row): row is Row & RecordedLine {
  const known = journalClasses.find((one) => one === row.class)
  return known !== undefined && typeof row.time === 'string' && needed[known].every((key) => key in row)
}

function broken(path: string, line: number, why: string): OperatorError {
  return new OperatorError('usage', {
    what: `The recording ${path} is broken at line ${line}.`,
    why: `Of that line ${why}.`,
    fix: `See \`vigiles verify ${path}\`.`,
  })
}
