import { describe, expect, it } from 'vitest'
import { startDetector } from './detector.ts'

const actor = { unit: 'unit-1', toolCall: 'call-1', tier: 'identity' }
const common = { _schema: 'vigiles/event/v1', box: 'box', actor }

describe('the live detector', () => {
  it('tells of SSH on an odd port with its banner, as its call is known: nothing need come after', () => {
    const detector = startDetector()
    const call = {
      class: 'execute_tool',
      activity: 'start',
      toolCall: 'call-1',
      unit: 'unit-1',
      name: 'bash',
    }
    detector.see({ ...common, ...call, seq: 2, time: '2026-11-24T12:00:00.000000Z', command: 'sh ssh-to.sh' })
    const found = detector.see({
      ...common,
      class: 'ssh_activity',
      seq: 3,
      time: '2026-11-24T12:00:00.100000Z',
      connection: 'c-1',
      srcEndpoint: { ip: '10.0.0.2', port: 40_000 },
      dstEndpoint: { ip: '198.51.100.7', port: 8443 },
      disposition: 'allowed',
      ssh: { client: 'SSH-2.0-OpenSSH_9.6' },
    })
    expect(found.map(({ finding, units }) => [finding.detection, units])).toEqual([
      ['tunnel.ssh-odd-port', ['unit-1']],
    ])
  })
})
