/** Small promises that the driver and the executors share. */

export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
  readonly settled: boolean
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((ok, no) => {
    resolve = ok
    reject = no
  })
  const state = {
    promise,
    settled: false,
    resolve(value: T) {
      state.settled = true
      resolve(value)
    },
    reject(reason: unknown) {
      state.settled = true
      reject(reason)
    },
  }
  return state
}
