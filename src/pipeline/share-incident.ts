// One incident as a page of its own, made from the report that lies in the case's folder.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import type { ReportData, Said } from '../exporters/api.ts'
import { renderReport } from '../exporters/html-report.ts'
import { oneIncident } from '../exporters/one-incident.ts'
import { reportTemplate } from './report-template.ts'

const begin = '<script type="application/json" id="vigiles-data">'
const end = '</script>'

/**
 * HTML that works offline. Undefined when the case has no incident of that uid. Throws OperatorError when the folder's
 * report.html is missing or was cut off.
 */
export function incidentPage(folder: string, uid: string, said?: Said): string | undefined {
  const data = oneIncident(reportDataOf(folder), uid, said)
  return data && renderReport(data, reportTemplate())
}

/** The data that a report carries; nothing a log says can end its element early (see exporters/html.ts). */
function reportDataOf(folder: string): ReportData {
  const path = join(folder, 'report.html')
  try {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const from = text.indexOf(begin) + begin.length
    return JSON.parse(text.slice(from, text.indexOf(end, from))) as ReportData
  } catch (cause) {
    throw new OperatorError('usage', {
      what: `${folder}: its report.html is missing or was cut off.`,
      fix: 'Run the investigation again.',
      cause,
    })
  }
}
