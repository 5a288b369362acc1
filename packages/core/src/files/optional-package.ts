/** Packages that the core works without, imported when a program first needs them. */

import { UsageError } from '../base/errors.ts'

export async function importOptional<T>(name: string, what: string): Promise<T> {
  try {
    return (await import(name)) as T
  } catch (error) {
    throw new UsageError(`${what} needs the package ${name}; install it on driver and executors: npm install ${name}`, {
      cause: error,
    })
  }
}
