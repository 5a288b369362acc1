/** Leaves out tables that repeat the names of type parameters, which stand in the signature above them already. */

import { MarkdownPageEvent } from 'typedoc-plugin-markdown'

/** A heading, the head of a table with one column, and its rows. */
const bareTable = /^#+ Type Parameters\n\n\| Type Parameter \|\n\| -+ \|\n(?:\| .* \|\n)+\n/gm

export function load(application) {
  application.renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = page.contents?.replaceAll(bareTable, '').replaceAll(/ +$/gm, '')
  })
}
