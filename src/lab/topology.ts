// What an incident team knows of the machines: which box has which address, and which ports of the NAT are its host's.

import type { LabPlan } from './plan.ts'

export function topologyYaml(plan: LabPlan): string {
  return plan.hosts
    .map((host) => {
      const nat = `nat: [{ ip: ${plan.natIp}, portStart: ${host.portStart}, portEnd: ${host.portEnd} }]`
      const rows = [
        // The host itself goes out through the same ports: its cron and daemons are nobody's sandbox.
        `- { box: ${host.name}, host: ${host.name}, ip: [${host.ip}], ${nat} }`,
        ...host.boxes.map(
          (box) =>
            `- { box: ${box.name}, aliases: ["${box.containerId}"], host: ${host.name}, ip: [${box.ip}], ${nat} }`,
        ),
      ]
      return `${rows.join('\n')}\n`
    })
    .join('')
}
