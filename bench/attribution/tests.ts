// How often the whole-hypothesis test cries wolf when nothing was caused, and how often it sees what was.

import { type AttributionCase, eventFlags } from '../../src/attribution/api.ts'
import { attribute } from '../../src/attribution/attribute.ts'
import { seededRandom } from '../../src/attribution/random.ts'
import { generate } from './generate.ts'

export interface Power {
  readonly name: string
  readonly runs: number
  readonly size: number
  readonly burstySize: number
  readonly power: number
}

const alpha = 0.01
const alarms = 10

export function testPower(runs: number, firstSeed: number): Power[] {
  const levels = [
    { name: '0.3 calls at once', boxes: 1, callMeanS: 4, thinkMeanS: 10 },
    { name: '1 call at once', boxes: 1, callMeanS: 8, thinkMeanS: 1 },
    { name: '3 calls at once (NAT of 4)', boxes: 4, callMeanS: 8, thinkMeanS: 2.5 },
  ]
  return levels.map(({ name, ...knobs }) => {
    const found = { size: 0, bursty: 0, power: 0 }
    for (let run = 0; run < runs; run++) {
      const seed = firstSeed + run
      const usual = {
        ...knobs,
        seed,
        seconds: 900,
        perNat: knobs.boxes > 1 ? knobs.boxes : 0,
        topology: true,
      }
      const nothing = { ...usual, nothingCaused: true }
      if (significant(pick(nothing, seed, 0))) found.size++
      if (significant(pick({ ...nothing, burstShare: 1, burstsFollowCalls: false }, seed, 0))) found.bursty++
      if (significant(pick(usual, seed, 0.7))) found.power++
    }
    return { name, runs, size: found.size / runs, burstySize: found.bursty / runs, power: found.power / runs }
  })
}

function significant(input: AttributionCase): boolean {
  return attribute(input).hypotheses[0]!.pValue <= alpha
}

/** The case with ten alarms of which a share was caused; what else was seen stays, but raises no alarm. */
function pick(knobs: Parameters<typeof generate>[0], seed: number, causedShare: number): AttributionCase {
  const { case: input, truth } = generate(knobs)
  const random = seededRandom(seed * 31 + 5)
  const flags = new Uint8Array(input.events.n)
  const draw = (wanted: number, caused: boolean) => {
    const pool = [...truth.call.keys()].filter((i) => truth.call[i]! >= 0 === caused && flags[i] === 0)
    for (let k = 0; k < wanted && pool.length > 0; k++) {
      flags[pool.splice(Math.floor(random() * pool.length), 1)[0]!] = eventFlags.alert
    }
  }
  draw(Math.round(alarms * causedShare), true)
  draw(alarms - Math.round(alarms * causedShare), false)
  return { ...input, events: { ...input.events, flags } }
}
