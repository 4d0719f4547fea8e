// Pages somebody for what live runs find, by the same rules as for followed streams.

import type { FollowEvent, PageRule } from '../../pipeline/follow/api.ts'
import { followLimits } from '../../pipeline/follow/api.ts'
import { Pager } from '../../pipeline/follow/paging.ts'
import type { RunFinding } from '../live/known-findings.ts'
import type { Source } from '../sources.ts'

export interface RunPager {
  /** Once for each finding of a run, however often it is repeated. */
  readonly onFinding: (source: Source, finding: RunFinding) => void
  close(): Promise<void>
}

/** `tell`: whether a page could be sent. */
export function pageForRuns(
  rules: readonly PageRule[],
  tell: (event: Extract<FollowEvent, { type: 'page' }>) => void,
): RunPager {
  const pager = new Pager(rules, followLimits, [], tell)
  return {
    onFinding({ id, title }, finding) {
      pager.incident({
        uid: `${id}-${finding.uid}`,
        title: finding.title,
        severity: finding.severity,
        detections: [finding.detection],
        boxes: [title],
        episodes: [],
        destinations: finding.destinations,
        firstSeen: finding.time,
        lastSeen: finding.time,
        findings: [`${id}-${finding.uid}`],
        actions: [],
      })
    },
    close: () => pager.close(),
  }
}
