/** The one msgpackr instance: records for objects inside one message, nothing remembered from one to the next. */
import { Packr } from 'msgpackr'
import { unshared } from './text.ts'

const packr = new Packr({ useRecords: true })

export function pack(value: unknown): Uint8Array {
  return packr.pack(value)
}

export function unpack(bytes: Uint8Array): unknown {
  return packr.unpack(unshared(bytes))
}
