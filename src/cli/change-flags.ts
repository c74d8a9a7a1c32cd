import type { ChangeOptions } from './options.js'

/** The flags that make a plan what it is, as they are typed. */
export function changeFlags({
  upgrade,
  recreate,
  pull,
  locked,
  keep,
  discard,
  refreshHome,
}: ChangeOptions): readonly string[] {
  return [
    ...(upgrade === true ? ['--upgrade'] : []),
    ...(recreate === true ? ['--recreate'] : []),
    ...(pull === undefined ? [] : [`--pull ${pull}`]),
    ...(locked === true ? ['--locked'] : []),
    ...(keep === true ? ['--keep'] : []),
    ...(discard === true ? ['--discard'] : []),
    ...(refreshHome === true ? ['--refresh-home'] : []),
  ]
}
