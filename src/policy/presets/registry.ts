// Every preset, by name.

import type { Preset } from './api.ts'
import { npm } from './npm.ts'

export const presetRegistry: readonly Preset[] = [npm]
