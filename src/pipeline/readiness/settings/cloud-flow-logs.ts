// How a cloud's flow logs are set up: `aws ec2 describe-flow-logs`, `gcloud compute networks subnets describe --format json`.
//
//   { "FlowLogs": [ { "MaxAggregationInterval": 600, "TrafficType": "REJECT", "LogFormat": "${version} … ${pkt-srcaddr}" } ] }
//   { "logConfig": { "aggregationInterval": "INTERVAL_5_SEC", "enable": true, "flowSampling": 0.5 } }

import { defineSettings, fieldAt, isOn, mapsIn, textAt } from '../settings-api.ts'

const units: Readonly<Record<string, number>> = { SEC: 1, MIN: 60 }

export const cloudFlowLogSettings = defineSettings({
  product: 'cloud flow logs',
  recognises: ({ documents }) =>
    documents.some((document) =>
      mapsIn(document, 2_000).some(
        (map) => map.fields.has('MaxAggregationInterval') || fieldAt(map, 'logConfig', 'aggregationInterval'),
      ),
    ),
  read({ documents }, say) {
    for (const map of documents.flatMap((document) => mapsIn(document, 2_000))) {
      const aws = fieldAt(map, 'MaxAggregationInterval')
      if (aws) {
        const seconds = Number(textAt(aws.value))
        if (seconds > 0) say(aws.line, `MaxAggregationInterval: ${seconds}`, { about: 'window', seconds })
        const traffic = textAt(map, 'TrafficType')
        if (traffic !== undefined) {
          const line = fieldAt(map, 'TrafficType')!.line
          say(line, `TrafficType: ${traffic}`, { about: 'allowed', on: traffic !== 'REJECT' })
        }
        const format = fieldAt(map, 'LogFormat')
        const on = textAt(map, 'LogFormat')?.includes('pkt-srcaddr') ?? false
        say(format?.line ?? aws.line, on ? 'LogFormat with pkt-srcaddr' : 'LogFormat without pkt-srcaddr', {
          about: 'output',
          output: 'nat',
          on,
        })
      }
      const gcp = fieldAt(map, 'logConfig', 'aggregationInterval')
      const parts = /^INTERVAL_(\d+)_(SEC|MIN)$/.exec(textAt(gcp?.value) ?? '')
      if (gcp && parts) {
        const seconds = Number(parts[1]) * units[parts[2]!]!
        say(gcp.line, `aggregationInterval: ${parts[0]}`, { about: 'window', seconds })
        const on = isOn(textAt(map, 'logConfig', 'enable') ?? 'true')
        say(gcp.line, `logConfig.enable: ${on}`, { about: 'output', output: 'flow', on })
      }
    }
  },
})
