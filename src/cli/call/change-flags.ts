import { callLike } from './call.js'
import type { Invocation } from './invocation.js'
import type { ChangeOptions } from './options.js'

/** `command`, of one sandbox, once more as it was called: without its flags it would come to something else. */
export function calledAgain(
  invocation: Pick<Invocation, 'options'>,
  command: string,
  options: ChangeOptions,
): { readonly goOn: string } {
  return { goOn: callLike(invocation, [command, ...changeFlags(options)].join(' ')) }
}

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
