import type { ViewProps } from '../../shell/main-view.tsx'

export function EgressPage({ source }: ViewProps) {
  return <h1>{source}</h1>
}
