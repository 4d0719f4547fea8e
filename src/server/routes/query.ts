import { join } from 'node:path'
import { caseTables } from '../../store/cases/tables.ts'
import { caseStoreOf } from '../case-store-of.ts'
import { defineEndpoint, defineRawEndpoint } from '../endpoint.ts'
import { cancelQuery, queriesOf, savedQueriesIn } from '../views/query.ts'
import {
  cancelAnswer,
  cancelBody,
  exportBody,
  queryAnswer,
  queryBody,
  saveBody,
  savedAnswer,
  tablesAnswer,
} from '../wire/query.ts'

const mediaTypes = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' }

export const queryEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/sources/:source/query',
    summary: 'Runs one SQL statement that reads the tables of a case (docs/reference/case-tables.md).',
    role: 'reader',
    body: queryBody,
    answer: queryAnswer,
    handle: async (context, { body: { sql, id, rowsMax } }) =>
      queriesOf(await caseStoreOf(context), join(context.cacheFolder, 'exports')).run(sql, {
        signal: context.signal,
        ...(id !== undefined && { id }),
        ...(rowsMax !== undefined && { rowsMax }),
      }),
  }),
  defineEndpoint({
    method: 'POST',
    path: '/query/cancel',
    summary: 'Stops a query or export by the id it was given.',
    role: 'reader',
    body: cancelBody,
    answer: cancelAnswer,
    handle: async (_context, { body }) => ({ cancelled: cancelQuery(body.id) }),
  }),
  defineRawEndpoint({
    method: 'POST',
    path: '/sources/:source/query/export',
    summary: 'The whole result of one SQL statement as a file.',
    role: 'reader',
    body: exportBody,
    gives: `${mediaTypes.csv} or ${mediaTypes.parquet}`,
    respond: async (context, { body: { sql, format, id } }) => {
      const queries = queriesOf(await caseStoreOf(context), join(context.cacheFolder, 'exports'))
      const made = await queries.export(sql, format, {
        signal: context.signal,
        ...(id !== undefined && { id }),
      })
      return new Response(made.stream, {
        headers: {
          'Content-Type': mediaTypes[format],
          'Content-Length': String(made.bytes),
          'Content-Disposition': `attachment; filename="result.${format}"`,
          'Cache-Control': 'no-store',
        },
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/tables',
    summary: 'The tables of a case and their columns, each with a sentence.',
    role: 'reader',
    answer: tablesAnswer,
    handle: async () => ({
      tables: caseTables.map(({ columns, ...table }) => ({ ...table, columns: [...columns] })),
    }),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/queries',
    summary: 'Queries to start with, and those that were saved here.',
    role: 'reader',
    answer: savedAnswer,
    handle: async ({ stateFolder }) => ({ queries: [...savedQueriesIn(stateFolder).list()] }),
  }),
  defineEndpoint({
    method: 'POST',
    path: '/queries',
    summary: 'Saves a query, or replaces one that was saved here; gives all of them.',
    role: 'operator',
    body: saveBody,
    answer: savedAnswer,
    handle: async ({ stateFolder }, { body: { id, ...query } }) => {
      const saved = savedQueriesIn(stateFolder)
      saved.save({ ...query, ...(id !== undefined && { id }) })
      return { queries: [...saved.list()] }
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: '/queries/:query',
    summary: 'Removes a query that was saved here; gives the rest.',
    role: 'operator',
    answer: savedAnswer,
    handle: async ({ stateFolder, params }) => {
      const saved = savedQueriesIn(stateFolder)
      saved.remove(params.query ?? '')
      return { queries: [...saved.list()] }
    },
  }),
]
