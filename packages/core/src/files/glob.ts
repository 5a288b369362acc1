/** A part of a path with `*` and `?` as an expression; hidden names match only where the pattern begins with a dot. */
export function globPart(glob: string): RegExp {
  const body = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${glob.startsWith('.') ? '' : '(?!\\.)'}${body}$`)
}
