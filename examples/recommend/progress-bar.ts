/** One line of progress with the loss, redrawn in place; silent where standard error is no terminal. */

import { formatCount, formatSeconds } from './human-units.ts'

export interface ProgressOutput {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

export interface Progress {
  readonly iteration: number
  readonly iterations: number
  readonly loss: number
  /** Of this iteration. */
  readonly seconds: number
}

const barWidth = 24

export class ProgressBar {
  readonly #label: string
  readonly #output: ProgressOutput

  constructor(label: string, output: ProgressOutput = process.stderr) {
    this.#label = label
    this.#output = output
  }

  show(progress: Progress): void {
    this.#draw(progressLine(this.#label, progress))
  }

  /** Says what is being done while there is no iteration to count. */
  note(text: string): void {
    this.#draw(`${this.#label.padEnd(10)} ${text}`)
  }

  /** Clears the line, so that what is printed next starts clean. */
  end(): void {
    this.#draw('')
  }

  #draw(line: string): void {
    if (!this.#output.isTTY) return
    // A line as wide as the terminal would wrap, and the next one would not erase it.
    this.#output.write(`\r\u001B[2K${line.slice(0, (this.#output.columns ?? 80) - 1)}`)
  }
}

export function progressLine(label: string, { iteration, iterations, loss, seconds }: Progress): string {
  const done = Math.round((barWidth * iteration) / iterations)
  const left = seconds * (iterations - iteration)
  const rest = iteration < iterations ? `, about ${formatSeconds(left)} left` : ''
  return `${label.padEnd(10)} [${'#'.repeat(done)}${'.'.repeat(barWidth - done)}] ${iteration}/${iterations}  loss ${formatCount(loss)}  ${formatSeconds(seconds)}${rest}`
}
