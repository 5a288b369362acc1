/** The first example of collaborative filtering: what one likes, the other may like. */

import { createContext } from '@gridify/core'
import { ImplicitALS, type Rating } from '@gridify/mf'

const likes: Rating[] = [...'PQRS'].map((track) => ['Guy 1', track, 1])
likes.push(...[...'QRST'].map((track): Rating => ['Guy 2', track, 1]))
for (let other = 0; other < 20; other++)
  for (const track of ['A', 'B', 'C', 'D']) likes.push([`listener ${other}`, `${track}${other % 5}`, 1])

await using context = await createContext({ master: 'local[2]' })
const model = await new ImplicitALS({ factors: 8, confidence: 'binary' }).fit(likes, { context })
for (const guy of ['Guy 1', 'Guy 2']) console.log(`${guy}: ${model.recommend(guy, { k: 1 })[0]!.item}`)
