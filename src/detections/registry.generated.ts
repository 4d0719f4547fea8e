// Written by `npm run generate`; do not edit.

import type { Detection } from './api.ts'
import { alertFirewall } from './alert/firewall.ts'
import { dnsTunnel } from './command-and-control/dns-tunnel.ts'
import { icmpTunnel } from './command-and-control/icmp-tunnel.ts'
import { longLived } from './command-and-control/long-lived.ts'
import { reverseSsh } from './command-and-control/reverse-ssh.ts'
import { serverDriven } from './command-and-control/server-driven.ts'
import { sshForward } from './command-and-control/ssh-forward.ts'
import { sshListens } from './command-and-control/ssh-listens.ts'
import { sshOddPort } from './command-and-control/ssh-odd-port.ts'
import { tunnelProtocol } from './command-and-control/tunnel-protocol.ts'
import { tunnelServiceName } from './command-and-control/tunnel-service-name.ts'
import { tunnelTool } from './command-and-control/tunnel-tool.ts'
import { metadataCommand } from './credential-access/metadata-command.ts'
import { metadataService } from './credential-access/metadata-service.ts'
import { randomWalk } from './discovery/random-walk.ts'
import { scanCommand } from './discovery/scan-command.ts'
import { scan } from './discovery/scan.ts'
import { sensitivePort } from './discovery/sensitive-port.ts'
import { labelMismatch } from './execution/label-mismatch.ts'
import { reverseShell } from './execution/reverse-shell.ts'
import { dropName } from './exfiltration/drop-name.ts'
import { uploadCommand } from './exfiltration/upload-command.ts'
import { coinNetwork } from './impact/coin-network.ts'
import { miningCommand } from './impact/mining-command.ts'
import { miningEncrypted } from './impact/mining-encrypted.ts'
import { miningPoolName } from './impact/mining-pool-name.ts'
import { miningStratum } from './impact/mining-stratum.ts'
import { cloudApiName } from './resource-development/cloud-api-name.ts'
import { provisioningApi } from './resource-development/provisioning-api.ts'
import { provisioningCommand } from './resource-development/provisioning-command.ts'

export const detections: readonly Detection[] = [
  alertFirewall,
  dnsTunnel,
  icmpTunnel,
  longLived,
  reverseSsh,
  serverDriven,
  sshForward,
  sshListens,
  sshOddPort,
  tunnelProtocol,
  tunnelServiceName,
  tunnelTool,
  metadataCommand,
  metadataService,
  randomWalk,
  scanCommand,
  scan,
  sensitivePort,
  labelMismatch,
  reverseShell,
  dropName,
  uploadCommand,
  coinNetwork,
  miningCommand,
  miningEncrypted,
  miningPoolName,
  miningStratum,
  cloudApiName,
  provisioningApi,
  provisioningCommand,
]
