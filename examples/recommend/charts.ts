/** The loss curve and the comparison of the schemes, as SVG files that need nothing beside them. */

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { formatBytes, formatRatio, formatSeconds } from './human-units.ts'
import { schemes, type Scheme } from './options.ts'
import type { SchemeReports } from './scheme-report.ts'

const colors: Record<Scheme, string> = { half: '#1b7f5c', full: '#2f6db5', mapreduce: '#c4572b' }
const font = { fontFamily: 'system-ui, sans-serif', fontSize: '13px', background: 'white' }

/** Loss over the seconds that training took: one line per scheme, one dot per iteration. */
export function lossChart(reports: SchemeReports): string {
  const points = schemes.flatMap((scheme) =>
    (reports[scheme]?.loss ?? []).map((loss, index) => ({
      scheme,
      loss,
      seconds: (index + 1) * reports[scheme]!.secondsPerIteration,
    })),
  )
  const losses = points.map(({ loss }) => loss)
  return render({
    title: 'Loss (log scale) over training time, one dot per iteration',
    width: 760,
    height: 420,
    marginTop: 50,
    marginLeft: 70,
    marginRight: 40,
    marginBottom: 45,
    x: {
      label: 'seconds of training',
      domain: [0, Math.max(...points.map(({ seconds }) => seconds)) * 1.02],
      grid: true,
      labelArrow: 'none',
    },
    // The first iterations are far above the rest; on a linear axis the curve would be a corner.
    y: {
      type: 'log',
      label: null,
      domain: [Math.min(...losses) * 0.9, Math.max(...losses) * 1.1],
      grid: true,
      ticks: 6,
      tickFormat: compact,
      labelArrow: 'none',
    },
    color: { domain: [...schemes], range: schemes.map((scheme) => colors[scheme]) },
    marks: [
      Plot.line(points, { x: 'seconds', y: 'loss', stroke: 'scheme', strokeWidth: 2 }),
      Plot.dot(points, { x: 'seconds', y: 'loss', fill: 'scheme', r: 3 }),
      Plot.text(
        points,
        Plot.selectLast({
          x: 'seconds',
          y: 'loss',
          z: 'scheme',
          fill: 'scheme',
          text: 'scheme',
          dy: 16,
          fontWeight: 'bold',
        }),
      ),
    ],
  })
}

/** Bars of time, bytes and memory: each panel has a scale of its own, and each bar its value and its ratio to `half`. */
export function comparisonChart(reports: SchemeReports): string {
  const panels = [
    {
      panel: 'time per iteration',
      valueOf: (scheme: Scheme) => reports[scheme]!.secondsPerIteration,
      format: formatSeconds,
    },
    { panel: 'moved per iteration', valueOf: (scheme: Scheme) => reports[scheme]!.movedBytes, format: formatBytes },
    { panel: 'network per iteration', valueOf: (scheme: Scheme) => reports[scheme]!.networkBytes, format: formatBytes },
    { panel: 'disk per iteration', valueOf: (scheme: Scheme) => reports[scheme]!.diskBytes, format: formatBytes },
    { panel: 'peak memory', valueOf: (scheme: Scheme) => reports[scheme]!.peakRssBytes, format: formatBytes },
  ]
  const trained = schemes.filter((scheme) => reports[scheme])
  const bars = panels.flatMap(({ panel, valueOf, format }) => {
    const largest = Math.max(...trained.map(valueOf)) || 1
    return trained.map((scheme) => {
      const value = valueOf(scheme)
      const isCompared = reports.half && scheme !== 'half' && valueOf('half') > 0
      const label = isCompared ? `${format(value)}  (${formatRatio(value, valueOf('half'))})` : format(value)
      return { panel, scheme, share: value / largest, label }
    })
  })
  return render({
    title: 'The schemes compared; in brackets the ratio to half',
    width: 760,
    height: 60 + panels.length * (trained.length * 24 + 12),
    marginTop: 50,
    marginLeft: 90,
    marginRight: 150,
    marginBottom: 10,
    x: { axis: null, domain: [0, 1.25] },
    y: { label: null, domain: trained, padding: 0.15, tickSize: 0 },
    fy: { label: null, domain: panels.map(({ panel }) => panel), padding: 0.12 },
    color: { domain: [...schemes], range: schemes.map((scheme) => colors[scheme]) },
    marks: [
      Plot.barX(bars, { x: 'share', y: 'scheme', fy: 'panel', fill: 'scheme' }),
      Plot.text(bars, { x: 'share', y: 'scheme', fy: 'panel', text: 'label', textAnchor: 'start', dx: 6 }),
      Plot.ruleX([0]),
    ],
  })
}

function compact(value: number): string {
  return Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).format(value)
}

/** Plot draws into a document; linkedom is one that needs no browser. */
function render({ title, ...options }: Plot.PlotOptions & { title: string }): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const heading = Plot.text([title], {
    frameAnchor: 'top-left',
    dy: -32,
    fontSize: 16,
    fontWeight: 'bold',
    facet: 'super',
  })
  const svg = Plot.plot({
    ...options,
    // Plot's types know only the browser's document.
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
    style: font,
    marks: [...(options.marks ?? []), heading],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${svg.outerHTML}\n`
}
