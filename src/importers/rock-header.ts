// The header that every log of ROCK begins a record with; the message may go on over many lines.
//
//   2026-03-07T09:31:05.123+08:00 INFO:main.py:335 [accessLog] [sandbox-id] [trace-id] -- {
// https://github.com/alibaba/ROCK/blob/master/rock/logger.py (colours on a terminal only)

import { parseIso, type Time } from '../base/time.ts'

export interface RockHeader {
  readonly time: Time
  readonly logger: string
  readonly sandbox: string
  readonly trace: string
  /** What stands behind `-- `. */
  readonly message: string
}

const header =
  /^(?:\u001b\[[0-9;]{0,8}m)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) [A-Z]{1,10}:[^\s[\]]{1,200} \[([^\]]{0,200})\] \[([^\]]{0,200})\] \[([^\]]{0,200})\] --(?:\u001b\[[0-9;]{0,8}m)? ?/

export function rockHeader(line: string): RockHeader | undefined {
  const match = header.exec(line)
  const time = match ? parseIso(match[1] ?? '') : undefined
  if (!match || !time) return undefined
  return {
    time,
    logger: match[2] ?? '',
    sandbox: match[3] ?? '',
    trace: match[4] ?? '',
    message: line.slice(match[0].length),
  }
}
