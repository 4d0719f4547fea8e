// Every check there is. Order is that of an alarm's way: seen, placed, timed, named, matched, kept.

import type { Check } from './api.ts'
import { addresses } from './checks/addresses.ts'
import { allowed } from './checks/allowed.ts'
import { arrivals } from './checks/arrivals.ts'
import { boxNames } from './checks/box-names.ts'
import { callIds } from './checks/call-ids.ts'
import { callTimes } from './checks/call-times.ts'
import { clocks } from './checks/clocks.ts'
import { commands } from './checks/commands.ts'
import { dump } from './checks/dump.ts'
import { duplicates } from './checks/duplicates.ts'
import { hostNetwork } from './checks/host-network.ts'
import { kept } from './checks/kept.ts'
import { logs } from './checks/logs.ts'
import { lookups } from './checks/lookups.ts'
import { outside } from './checks/outside.ts'
import { overlap } from './checks/overlap.ts'
import { ports } from './checks/ports.ts'
import { recorded } from './checks/recorded.ts'
import { stamps } from './checks/stamps.ts'
import { steps } from './checks/steps.ts'
import { traces } from './checks/traces.ts'
import { unread } from './checks/unread.ts'
import { windows } from './checks/windows.ts'
import { zones } from './checks/zones.ts'

export const checks: readonly Check[] = [
  logs,
  traces,
  addresses,
  ports,
  hostNetwork,
  boxNames,
  clocks,
  stamps,
  windows,
  arrivals,
  zones,
  lookups,
  allowed,
  callTimes,
  callIds,
  commands,
  steps,
  outside,
  dump,
  kept,
  recorded,
  overlap,
  unread,
  duplicates,
]
