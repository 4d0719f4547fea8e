import type { ViewProps } from '../../shell/main-view.tsx'

export function ContainPage({ source }: ViewProps) {
  return <h1>{source}</h1>
}
