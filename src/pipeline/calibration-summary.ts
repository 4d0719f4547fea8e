// The calibration of a case as it is written: numbers that JSON has, rounded.

import type { CalibrationTable } from '../attribution/calibration-table.ts'
import type { CalibrationSummary } from '../schema/summary.ts'

export function calibrationSummary(calibrated: boolean, table: CalibrationTable): CalibrationSummary {
  return {
    calibrated,
    claimAt: table.claimAt > 1 ? null : figure(table.claimAt),
    falseShare: figure(table.falseShare),
    decoys: table.decoys,
    bins: table.bins.map((bin) => ({
      from: bin.from,
      to: bin.to,
      connections: bin.connections,
      model: figure(bin.model),
      said: figure(bin.said),
      noneByModel: figure(bin.noneByModel),
      noneByDecoys: figure(bin.noneByDecoys),
    })),
  }
}

function figure(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(4)) : null
}
