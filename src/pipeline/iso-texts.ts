// Times of lines that come in order: what they share with the one before is not written anew.

import { toIso } from '../base/time.ts'

const minuteUs = 60_000_000

const two = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))
const three = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

/** Gives the same text as `toIso`; one writer for each run of times. */
export function isoTexts(): (us: number) => string {
  let minute = Number.NaN
  let upToSeconds = ''
  return (us) => {
    const whole = Math.floor(us)
    // What a double holds to the µs: 1684 to 2255.
    if (!Number.isSafeInteger(whole)) return toIso(us)
    const own = Math.floor(whole / minuteUs)
    if (own !== minute) {
      minute = own
      upToSeconds = new Date(own * 60_000).toISOString().slice(0, 17)
    }
    const rest = whole - own * minuteUs
    const second = Math.floor(rest / 1_000_000)
    const micros = rest - second * 1_000_000
    const milli = Math.floor(micros / 1000)
    return `${upToSeconds}${two[second]}.${three[milli]}${three[micros - milli * 1000]}Z`
  }
}
