import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planEpisode } from './agents/episode.ts'
import { lookalikes, misdeeds, planLab } from './plan.ts'
import { seededRandom } from './random.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 })

test('the same seed plans the same run, another seed another', () => {
  expect(planLab(7)).toEqual(planLab(7))
  expect(planLab(7)).not.toEqual(planLab(8))
})

test('every run has every misdeed and look-alike, in some boxes and not in all', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const boxes = planLab(seed).hosts.flatMap((host) => host.boxes)
      expect(new Set(boxes.flatMap((box) => box.misdeeds))).toEqual(new Set(misdeeds))
      expect(new Set(boxes.flatMap((box) => box.lookalikes))).toEqual(new Set(lookalikes))
      expect(boxes.some((box) => box.misdeeds.length === 0)).toBe(true)
    }),
  )
})

test('no two services, boxes or hosts share an address, and outside addresses are documentation addresses', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const plan = planLab(seed)
      const outside = Object.values(plan.outside).map((s) => (typeof s === 'string' ? s : s.ip))
      const inside = plan.hosts.flatMap((host) => [host.ip, ...host.boxes.map((box) => box.ip)])
      const internal = plan.internal.octets.map((octet) => `${plan.internal.prefix}.${octet}`)
      const all = [plan.natIp, ...outside, ...inside, ...internal, plan.internal.resolverIp]
      expect(new Set(all).size).toBe(all.length)
      for (const ip of outside) expect(ip).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\./)
      const ports = plan.hosts.flatMap((host) => host.boxes.map((box) => box.tunnelPort))
      expect(new Set(ports).size).toBe(12)
      expect(plan.hosts[0].portEnd).toBeLessThan(plan.hosts[1].portStart)
    }),
  )
})

test('the first two episodes of a box hold all its misdeeds, their parts in order', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const plan = planLab(seed)
      for (const host of plan.hosts) {
        for (const box of host.boxes) {
          const random = seededRandom(seed)
          const steps = [0, 1].flatMap((n) =>
            planEpisode(plan, { box, host }, n, random).turns.flatMap((t) => t.steps),
          )
          const parts = new Set(steps.flatMap((step) => step.part ?? []))
          expect(parts).toEqual(new Set([...box.misdeeds, ...box.lookalikes]))
          const written = steps.findIndex((step) => step.write && step.part === 'mining')
          const started = steps.findIndex((step) => step.command.startsWith('nohup node /'))
          if (started >= 0) expect(written).toBeLessThan(started)
        }
      }
    }),
    { numRuns: 40 },
  )
})
