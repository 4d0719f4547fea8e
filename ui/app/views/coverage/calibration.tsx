import { visible } from '../../../../src/base/terminal.ts'
import { count, counted, pText } from '../../../../src/exporters/words.ts'
import type { CoverageAnswer } from '../../../../src/server/api.ts'
import { Panel } from '../../parts/panel.tsx'
import { Pill } from '../../parts/pill.tsx'
import { type PlotPoint, ProbabilityPlot } from './plot.tsx'

type Calibration = NonNullable<CoverageAnswer['calibration']>
type Bin = Calibration['bins'][number]

/** What is said beside what the model computed, and what decoys say about it where there are any. */
export function CalibrationPanel({ calibration }: { calibration: Calibration }) {
  const { calibrated, decoys, bins, meaning } = calibration
  const said = pointsOf(bins, ({ model, said }) => [model, said])
  const none = pointsOf(bins, ({ noneByModel, noneByDecoys }) => [noneByModel, noneByDecoys])
  const filled = bins.filter(({ connections }) => connections > 0)
  return (
    <Panel
      title="Calibration"
      lead="What the probabilities are worth."
      tools={
        <Pill tone={calibrated ? 'allowed' : 'medium'}>{calibrated ? 'calibrated' : 'not calibrated'}</Pill>
      }
    >
      <p className="meaning">{visible(meaning.slice(0, 1_500))}</p>
      {filled.length === 0 ? (
        <p className="quiet">No connection was given a probability.</p>
      ) : (
        <div className="plots">
          <figure>
            <ProbabilityPlot
              label="Probability of the likeliest call, as it is said and as the model has it"
              xLabel="by the model"
              yLabel="as it is said"
              points={said}
            />
            <figcaption>That a call caused it: what is said, beside what the model has.</figcaption>
          </figure>
          {none.length > 0 && (
            <figure>
              <ProbabilityPlot
                label="Share that no call caused, as decoys have it and as the model has it"
                xLabel="by the model"
                yLabel="by decoys"
                points={none}
              />
              <figcaption>
                That no call caused it: {counted(decoys, 'decoy')}, beside the model. On the line both agree.
              </figcaption>
            </figure>
          )}
        </div>
      )}
      {filled.length > 0 && <BinTable bins={filled} hasDecoys={none.length > 0} />}
    </Panel>
  )
}

function BinTable({ bins, hasDecoys }: { bins: readonly Bin[]; hasDecoys: boolean }) {
  return (
    <details>
      <summary>As a table</summary>
      <table className="flow-table bins">
        <thead>
          <tr>
            <th scope="col">Model says</th>
            <th scope="col" className="right">
              Connections
            </th>
            <th scope="col" className="right">
              Mean
            </th>
            <th scope="col" className="right">
              Said
            </th>
            <th scope="col" className="right">
              No call, model
            </th>
            {hasDecoys && (
              <th scope="col" className="right">
                No call, decoys
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {bins.map((bin) => (
            <tr key={bin.from}>
              <td>{rangeText(bin)}</td>
              <td className="right">{count(bin.connections)}</td>
              <td className="right">{orDash(bin.model)}</td>
              <td className="right">{orDash(bin.said)}</td>
              <td className="right">{orDash(bin.noneByModel)}</td>
              {hasDecoys && <td className="right">{orDash(bin.noneByDecoys)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function pointsOf(
  bins: readonly Bin[],
  at: (bin: Bin) => readonly [x: number | null, y: number | null],
): readonly PlotPoint[] {
  return bins.flatMap((bin) => {
    const [x, y] = at(bin)
    if (x === null || y === null || bin.connections === 0) return []
    const label = `${rangeText(bin)}: ${counted(bin.connections, 'connection')}, ${pText(x)} and ${pText(y)}`
    return [{ x, y, weight: bin.connections, label }]
  })
}

function rangeText({ from, to }: Bin): string {
  return `${from} – ${to}`
}

function orDash(p: number | null): string {
  return p === null ? '–' : pText(p)
}
