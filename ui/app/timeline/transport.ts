import type { SeekAnswer, TilesAnswer, TimelineAnswer, TimelineItemAnswer } from '../../../src/server/api.ts'
import type { TileTransport } from '../../timeline/tiled-source.ts'
import { ask } from '../net/client.ts'

/** The timeline's questions about one source. */
export function transportOf(source: string, { version, grouping }: TimelineAnswer): TileTransport {
  const at = (what: string) => `/sources/${encodeURIComponent(source)}/timeline/${what}`
  const of = { version, grouping }
  return {
    async tiles({ level, column, blocks }, signal) {
      const query = { ...of, level, column, blocks: blocks.join(',') }
      return (await ask<TilesAnswer>(at('tiles'), query, signal)).tiles
    },
    async seek(wanted) {
      return (await ask<SeekAnswer>(at('seek'), { ...of, ...wanted })).found
    },
    async item(id) {
      return (await ask<TimelineItemAnswer>(at('item'), { ...of, id })).found
    },
  }
}
