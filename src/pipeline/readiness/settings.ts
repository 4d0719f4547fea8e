// Every configuration that is understood.

import { claudeCodeSettings } from './settings/claude-code.ts'
import { cloudFlowLogSettings } from './settings/cloud-flow-logs.ts'
import { composeSettings } from './settings/compose.ts'
import { dockerSettings } from './settings/docker.ts'
import { environmentSettings } from './settings/environment.ts'
import { kubernetesSettings } from './settings/kubernetes.ts'
import { logrotateSettings } from './settings/logrotate.ts'
import { packetRuleSettings } from './settings/packet-rules.ts'
import { rockSettings } from './settings/rock.ts'
import { rollSettings } from './settings/roll.ts'
import { suricataSettings } from './settings/suricata.ts'
import { ulogdSettings } from './settings/ulogd.ts'
import { verlSettings } from './settings/verl.ts'
import { zeekSettings } from './settings/zeek.ts'
import type { SettingsReader } from './settings-api.ts'

export const settingsReaders: readonly SettingsReader[] = [
  claudeCodeSettings,
  cloudFlowLogSettings,
  composeSettings,
  dockerSettings,
  environmentSettings,
  kubernetesSettings,
  logrotateSettings,
  packetRuleSettings,
  rockSettings,
  rollSettings,
  suricataSettings,
  ulogdSettings,
  verlSettings,
  zeekSettings,
]
