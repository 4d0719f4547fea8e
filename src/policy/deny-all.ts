// The policy of a run that names none. Written out, because reading `version: 1` would load all that reads policies.

import type { Policy } from '../schema/policy.ts'

/** What the reader makes of a policy that says nothing: a test compares them. */
export const denyAll: Policy = {
  version: 1,
  presets: [],
  rules: [],
  limits: [],
  findings: new Map(),
  network: { private: [] },
  filesystem: { write: [], read: [], hide: [], sockets: [] },
  resources: {},
  intercept: [],
  isolation: { require: [] },
  toolLabels: 'untrusted',
}
