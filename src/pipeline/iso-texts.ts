// Times of lines that come in order: what they share with the one before is not written anew.

import { toIso } from '../base/time.ts'

const minuteUs = 60_000_000
/** The years 0 to 9999; what lies outside is left to `toIso`. */
const firstUs = -62_167_219_200_000_000
const endUs = 253_402_300_800_000_000

const two = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))
const three = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

/** Gives the same text as `toIso`; one writer for each run of times. */
export function isoTexts(): (us: number) => string {
  let minute = Number.NaN
  let upToSeconds = ''
  return (us) => {
    const whole = Math.floor(us)
    if (!(whole >= firstUs && whole < endUs)) return toIso(us)
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
