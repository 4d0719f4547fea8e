import { visible } from '../../../../src/base/terminal.ts'
import type { EpisodeRow } from '../../../../src/server/api.ts'

/** What an episode is called, harmless to show: its sandbox where its trace names none. */
export function episodeText({ episode, box, uid }: Pick<EpisodeRow, 'episode' | 'box' | 'uid'>): string {
  return visible((episode ?? box ?? uid).slice(0, 200))
}

/** `sbx-1` or `sbx-1 and 2 more`. */
export function boxesText({ box, boxes }: Pick<EpisodeRow, 'box' | 'boxes'>): string {
  if (box === null) return '–'
  return visible(box.slice(0, 200)) + (boxes > 1 ? ` and ${boxes - 1} more` : '')
}
