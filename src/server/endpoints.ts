// Every endpoint there is. A view adds its own line.

import type { Endpoint, RawEndpoint } from './endpoint.ts'
import { episodeEndpoints } from './routes/episodes.ts'
import { incidentEndpoints } from './routes/incidents.ts'
import { sessionEndpoints } from './routes/session.ts'
import { sourceEndpoints } from './routes/sources.ts'

export const endpoints: readonly (Endpoint | RawEndpoint)[] = [
  ...sessionEndpoints,
  ...sourceEndpoints,
  ...incidentEndpoints,
  ...episodeEndpoints,
]
