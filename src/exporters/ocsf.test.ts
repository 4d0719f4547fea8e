import { describe, expect, it } from 'vitest'
import type { ExportFinding } from './api.ts'
import { techniquesOf } from './attack-names.ts'
import { fromDetectionFinding, toDetectionFinding } from './ocsf.ts'

const finding: ExportFinding = {
  uid: 'f1',
  detection: 'tunnel.reverse-ssh',
  kind: 'tunnel',
  title: 'box-3 opened a reverse SSH tunnel to 198.51.100.7:443',
  severity: 'critical',
  attack: ['T1572', 'T1552.005', 'AML.T0072', 'T1572'],
  confidence: 0.956,
  box: 'box-3',
  destinations: ['198.51.100.7:443'],
  firstUs: 1_795_507_200_123_456,
  lastUs: 1_795_507_260_999_999,
  why: 'ssh -R asks the far end to listen.',
  toolCallUids: ['c1', 'c2'],
  eventUids: ['e1', 'gone'],
  episode: 'ep-7',
}

const line = toDetectionFinding(finding, {
  version: '0.1.0',
  event: (uid) =>
    uid === 'e1'
      ? {
          uid,
          file: 'fw.log',
          line: 12,
          time: '2026-11-24T08:00:00.123456Z',
          sourceTime: '1795507200',
          class: 'network_activity',
          src: '10.0.0.3',
          dst: '198.51.100.7',
          port: 443,
          name: null,
          disposition: 'allowed',
          rule: null,
        }
      : undefined,
  toolCall: () => undefined,
})

describe('a finding as OCSF Detection Finding', () => {
  it('carries the class, its derived type and times in ms', () => {
    expect(line).toMatchObject({
      class_uid: 2004,
      category_uid: 2,
      activity_id: 1,
      type_uid: 200401,
      severity_id: 5,
      severity: 'Critical',
      time: 1_795_507_260_999,
      confidence_score: 96,
      metadata: { version: '1.8.0', product: { name: 'Vigiles', version: '0.1.0' } },
      finding_info: {
        first_seen_time: 1_795_507_200_123,
        last_seen_time: 1_795_507_260_999,
        analytic: { uid: 'tunnel.reverse-ssh', type_id: 1 },
      },
      unmapped: { toolCalls: ['c1', 'c2'], events: ['e1', 'gone'], episode: 'ep-7' },
    })
  })

  it('names each technique once, a sub-technique below its parent', () => {
    expect(techniquesOf(line).map((t) => `${t.uid} ${t.name}`)).toEqual([
      'T1572 Protocol Tunneling',
      'T1552.005 Cloud Instance Metadata API',
      'AML.T0072 Reverse Shell',
    ])
    const attacks = line.finding_info.attacks as { technique: { uid: string }; version: string }[]
    expect(attacks[1]).toMatchObject({ technique: { uid: 'T1552' }, sub_technique: { uid: 'T1552.005' } })
    expect(attacks[2]?.version).toBe('5.6')
  })

  it('gives every piece of evidence one of the attributes the schema demands', () => {
    const evidences = line.evidences as Record<string, unknown>[]
    expect(evidences).toHaveLength(4)
    for (const evidence of evidences) expect(evidence).toHaveProperty('data')
    expect(evidences[0]).toMatchObject({ dst_endpoint: { ip: '198.51.100.7', port: 443 } })
  })

  it('is read back as it was, but for the µs', () => {
    expect(fromDetectionFinding(JSON.parse(JSON.stringify(line)))).toEqual({
      ...finding,
      attack: ['T1572', 'T1552.005', 'AML.T0072'],
      confidence: 0.96,
      firstUs: 1_795_507_200_123_000,
      lastUs: 1_795_507_260_999_000,
    })
  })
})
