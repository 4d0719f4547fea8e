// Every endpoint there is. A view adds its own line.

import type { Endpoint, RawEndpoint } from './endpoint.ts'
import { containEndpoints } from './routes/contain.ts'
import { coverageEndpoints } from './routes/coverage.ts'
import { episodeEndpoints } from './routes/episodes.ts'
import { followEndpoints } from './routes/follow.ts'
import { incidentEndpoints } from './routes/incidents.ts'
import { overviewEndpoints } from './routes/overview.ts'
import { policyEndpoints } from './routes/policy.ts'
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
  ...timelineEndpoints,
  ...coverageEndpoints,
  ...followEndpoints,
]
