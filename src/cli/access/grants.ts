import { readHost } from '../../resolve/host.js'
import { grantsJson } from '../../ui/grants-json.js'
import { grantsText } from '../../ui/grants-text.js'
import { rememberedNamed, rememberedSandboxes } from './approved-sandboxes.js'
import { type Invocation, printJson, printRendered } from '../call/invocation.js'
import { styleOf } from '../call/style.js'

/** Of all sandboxes where none is named. */
export async function grants(invocation: Invocation, name: string | undefined): Promise<number> {
  const host = await readHost(invocation.env)
  const all = await rememberedSandboxes(invocation, host)
  const shown = name === undefined ? all : [rememberedNamed(all, name)]
  if (invocation.options.json === true) printJson(invocation, grantsJson(shown))
  else {
    const style = styleOf(invocation, invocation.output)
    printRendered(invocation, grantsText(shown, { style, home: host.home, now: new Date() }))
  }
  return 0
}
