/** The text files that cases read, generated once per scale into the cache folder; the same bytes on every machine. */

import { closeSync, existsSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './cache-folder.ts'

const vocabulary = 50_000
const wordFiles = 8
const wordFileBytes = 25_000_000
const pointFiles = 4
const pointsPerFile = 125_000
/** Per point. */
export const features = 16
const flushAt = 1 << 20

/** 8 x 25 MB at scale 1: ten words a line, Zipf (s = 1) over 50,000 words. Above scale 1 files repeat, as hard links. */
export function wordsFolder(scale: number): string {
  return folderOf('words', scale, wordFiles, (files, fraction) => {
    const word = zipfWords(xorshift32(0x9e3779b9))
    for (const file of files)
      writeLines(file, function* () {
        for (let size = 0; size < wordFileBytes * fraction;) {
          let line = word()
          for (let i = 1; i < 10; i++) line += ` ${word()}`
          size += line.length + 1
          yield line
        }
      })
  })
}

/** 500k labelled points at scale 1, a line each: label, then 16 features that lean to the label's side. */
export function pointsFolder(scale: number): string {
  return folderOf('points', scale, pointFiles, (files, fraction) => {
    const uniform = xorshift32(0x314a07a1)
    for (const file of files)
      writeLines(file, function* () {
        for (let point = 0; point < pointsPerFile * fraction; point++) {
          const label = uniform() < 0.5 ? 0 : 1
          let line = `${label}`
          for (let i = 0; i < features; i++) line += ` ${(uniform() * 2 - 1 + (label ? 0.3 : -0.3)).toFixed(4)}`
          yield line
        }
      })
  })
}

/** Below scale 1 files are shorter, above it there are more of them. */
function folderOf(
  name: string,
  scale: number,
  files: number,
  write: (files: string[], fraction: number) => void,
): string {
  const folder = join(cacheFolder('data'), `${name}-${scale}`)
  if (existsSync(folder)) return folder
  // Under a name of its own until whole: tests and runs may make it at once.
  const making = `${folder}.${process.pid}`
  mkdirSync(making)
  const partOf = (parent: string, part: number) => join(parent, `part-${part}.txt`)
  if (scale <= 1)
    write(
      Array.from({ length: files }, (_, part) => partOf(making, part)),
      scale,
    )
  else {
    const once = folderOf(name, 1, files, write)
    for (let part = 0; part < files * scale; part++) linkSync(partOf(once, part % files), partOf(making, part))
  }
  try {
    renameSync(making, folder)
  } catch (error) {
    rmSync(making, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

function writeLines(file: string, lines: () => Iterable<string>): void {
  const descriptor = openSync(file, 'w')
  let buffer = ''
  for (const line of lines()) {
    buffer += `${line}\n`
    if (buffer.length <= flushAt) continue
    writeSync(descriptor, buffer)
    buffer = ''
  }
  writeSync(descriptor, buffer)
  closeSync(descriptor)
}

/** Words of 2 to 8 letters, one per rank, the frequent ones short. */
function zipfWords(uniform: () => number): () => string {
  const consonants = 'bcdfghjklmnprstvwz'
  const vowels = 'aeiou'
  const words: string[] = []
  const cumulative = new Float64Array(vocabulary)
  let total = 0
  for (let rank = 0; rank < vocabulary; rank++) {
    let word = ''
    for (let rest = rank; rest >= 0; rest = Math.floor(rest / 90) - 1)
      word += consonants[rest % 18]! + vowels[Math.floor(rest / 18) % 5]!
    words.push(word)
    total += 1 / (rank + 1)
    cumulative[rank] = total
  }
  return () => {
    const at = uniform() * total
    let low = 0
    let high = vocabulary - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulative[middle]! < at) low = middle + 1
      else high = middle
    }
    return words[low]!
  }
}

/** Marsaglia's xorshift (2003), from 0 to below 1. */
function xorshift32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}
