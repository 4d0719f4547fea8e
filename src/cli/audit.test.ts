import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { vigiles } from '../../test/e2e/command.ts'
import { readinessAnswer } from '../server/wire/coverage.ts'

const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/readiness/${path}`, import.meta.url))

describe('vigiles audit', () => {
  it('prints a report, or JSON of a known shape', async () => {
    const [text, json] = await Promise.all([
      vigiles(['audit', fixture('trace.dump/missing-roll-relative'), fixture('log.allowed/missing')]),
      vigiles([
        'audit',
        fixture('trace.dump/missing-roll-relative'),
        fixture('log.allowed/missing'),
        '--json',
        '--quiet',
      ]),
    ])
    expect(text.code).toBe(0)
    expect(text.out).toContain('rollout_dump_dir: /data/rollouts/')
    expect(text.out).toMatch(/MISSING {2}trace\.dump {2}/)
    expect(text.out).toMatch(/Seen: agentic\.yaml:3 /)
    expect(json.err).toBe('')
    const readiness = readinessAnswer.parse(JSON.parse(json.out))
    expect(readiness.answer).toContain('trace.dump')
    expect(readiness.inputs.map(({ kind }) => kind)).toEqual(['configuration', 'log'])
  })

  it('fails on what it was told to fail on', async () => {
    const [log, weak] = [fixture('clock.aligned/good'), fixture('kept/weak-claude-code/settings.json')]
    const runs = await Promise.all([
      vigiles(['audit', log, '--quiet', '--fail-on', 'weak']),
      vigiles(['audit', log, weak, '--quiet', '--fail-on', 'missing']),
      vigiles(['audit', log, weak, '--quiet', '--fail-on', 'weak']),
      vigiles(['audit', fixture('log.present/missing'), '--quiet', '--fail-on', 'missing']),
    ])
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 1, 1])
  })

  it('says what it wants when that is not what it got', async () => {
    const [nothing, level, nowhere] = await Promise.all([
      vigiles(['audit']),
      vigiles(['audit', fixture('kept'), '--fail-on', 'high']),
      vigiles(['audit', fixture('kept/none-such')]),
    ])
    expect([nothing.code, level.code, nowhere.code]).toEqual([2, 2, 2])
    expect(level.err).toContain('One of missing, weak.')
  })

  it('takes zones and a topology', async () => {
    const kernel = fixture('time.zone/missing')
    const { out } = await vigiles([
      'audit',
      kernel,
      '--tz',
      'kernel*=Asia/Shanghai',
      '--topology',
      fixture('coverage.boxes/good/topology.yaml'),
      '--json',
      '--quiet',
    ])
    const { checks } = readinessAnswer.parse(JSON.parse(out))
    expect(checks.find(({ id }) => id === 'time.zone')?.verdict).toBe('good')
    expect(checks.find(({ id }) => id === 'address.exact')?.verdict).toBe('good')
  })
})
