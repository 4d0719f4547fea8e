// JSON may hold half of a surrogate pair (`"\ud83d"`), as logs do that were cut in the middle of an emoji. JavaScript
// writes such texts; DuckDB refuses the whole line. A line must not vanish from every view because of what an agent
// printed, so these halves become U+FFFD in a copy.

import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import { LineSplitter } from '../../base/lines.ts'
import { lineBytesMax } from './derive.ts'

/** Copies `from` to `to` with its halves replaced; whether there was any. */
export async function mendSurrogates(from: string, to: string): Promise<boolean> {
  const fd = openSync(to, 'w', 0o600)
  let mended = 0
  let ready: string[] = []
  const splitter = new LineSplitter(
    {
      line(text) {
        const whole = mendLine(text)
        if (whole !== text) mended++
        ready.push(whole)
      },
      tooLong(text) {
        ready.push(text)
      },
    },
    { bytesMax: lineBytesMax },
  )
  const flush = () => {
    if (ready.length > 0) writeSync(fd, `${ready.join('\n')}\n`)
    ready = []
  }
  try {
    for await (const chunk of createReadStream(from, { highWaterMark: 1 << 20 })) {
      splitter.chunk(chunk as Uint8Array)
      flush()
    }
    splitter.end()
    flush()
  } finally {
    closeSync(fd)
  }
  return mended > 0
}

/** A pair is left alone; an escaped backslash before `ud83d` makes it plain text. */
const escapes =
  /\\(?:u[dD][89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u[dD][c-fC-F][0-9a-fA-F]{2}|[^u]|u)/g

function mendLine(text: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return text
  return text.replace(escapes, (written, second: string | undefined) =>
    /^\\u[dD]/.test(written) && second === undefined && written.length === 6 ? '\\ufffd' : written,
  )
}
