// Every endpoint there is. A view adds its own line.

import type { Endpoint, RawEndpoint } from './endpoint.ts'
import { callEndpoints } from './routes/calls.ts'
import { compareEndpoints } from './routes/compare.ts'
import { containEndpoints } from './routes/contain.ts'
import { coverageEndpoints } from './routes/coverage.ts'
import { egressEndpoints } from './routes/egress.ts'
import { episodeEndpoints } from './routes/episodes.ts'
import { eventEndpoints } from './routes/events.ts'
import { followEndpoints } from './routes/follow.ts'
import { incidentEndpoints } from './routes/incidents.ts'
import { overviewEndpoints } from './routes/overview.ts'
import { policyEndpoints } from './routes/policy.ts'
import { queryEndpoints } from './routes/query.ts'
import { sessionEndpoints } from './routes/session.ts'
import { sourceEndpoints } from './routes/sources.ts'
import { streamEndpoints } from './routes/stream.ts'
import { timelineEndpoints } from './routes/timeline.ts'

export const endpoints: readonly (Endpoint | RawEndpoint)[] = [
  ...sessionEndpoints,
  ...sourceEndpoints,
  ...streamEndpoints,
  ...overviewEndpoints,
  ...containEndpoints,
  ...policyEndpoints,
  ...incidentEndpoints,
  ...episodeEndpoints,
  ...queryEndpoints,
  ...eventEndpoints,
  ...egressEndpoints,
  ...compareEndpoints,
  ...callEndpoints,
  ...timelineEndpoints,
  ...coverageEndpoints,
  ...followEndpoints,
]
