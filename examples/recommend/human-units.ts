/** Numbers as people read them. */

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB']

/** Three significant digits in powers of 1,000: `1.23 MB`, `45.6 kB`, `0 B`. */
export function formatBytes(bytes: number): string {
  let unit = 0
  let value = bytes
  // 999.5 would round to 1000 of the smaller unit.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${byteUnits[unit]}`
}

export function formatSeconds(seconds: number): string {
  if (seconds >= 100) return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds) % 60).padStart(2, '0')} s`
  return seconds >= 0.0995 ? `${threeDigits(seconds)} s` : `${Math.round(seconds * 1000)} ms`
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `2.3x`; a dash where there is nothing to compare with. */
export function formatRatio(value: number, reference: number): string {
  if (reference === 0) return '-'
  const ratio = value / reference
  return `${ratio >= 99.5 ? formatCount(ratio) : ratio.toFixed(1)}x`
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)
}
