/** Writes listens.tsv, the golden test's data: 2,000 users, 1,000 items, tastes and a Zipf head; `node generate-listens.mjs`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

let state = 20140627
const random = () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), state | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const users = 2000
const items = 1000
const tastes = 20
// Ids of every kind that ranks must order: decimals that are not in text order, words, and a few beyond ASCII.
const userId = (user) => (user % 10 === 9 ? `u${user}` : String(user * 3 + 1))
const itemId = (item) => (item % 7 === 6 ? `é${item}` : item % 5 === 4 ? `track ${item}` : String(item * 7))
const lines = ['user\titem\tplays']
for (let user = 0; user < users; user++) {
  const taste = Math.floor(random() * tastes)
  const listened = new Set()
  const size = 5 + Math.floor(50 * random() ** 2)
  while (listened.size < size) {
    const popular = Math.floor(items * random() ** 2.5)
    listened.add(random() < 0.6 ? popular - (popular % tastes) + taste : popular)
  }
  for (const item of listened)
    lines.push(`${userId(user)}\t${itemId(item)}\t${1 + Math.floor(1 / (0.002 + random() ** 2))}`)
}
writeFileSync(join(import.meta.dirname, 'listens.tsv'), lines.join('\n') + '\n')
