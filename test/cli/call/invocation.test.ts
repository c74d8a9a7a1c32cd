// Whatever a command says of paths, names and links, somebody in a sandbox may have chosen them.

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { ask } from '../../../src/cli/call/ask.js'
import { type Invocation, print, printRendered, tell, telling } from '../../../src/cli/call/invocation.js'
import { person } from '../../support/approving.js'

const hostile = 'a\u001b[35mb\u009b2J\u202e\rc\nd'
const escaped = 'a\\e[35mb\\x9b2J\\u202e\\rc\\nd\n'

function call(isQuiet = false) {
  const [output, errors] = [new PassThrough(), new PassThrough()]
  const invocation: Invocation = {
    ...{ env: {}, workingFolder: '/', input: new PassThrough(), output, errors },
    options: { color: false, quiet: isQuiet },
    signal: new AbortController().signal,
  }
  return {
    invocation,
    said: () => [output, errors].map((stream) => (stream.read() as Buffer | null)?.toString() ?? ''),
  }
}

test('what is printed and told steers no terminal', () => {
  const { invocation, said } = call()
  print(invocation, [hostile])
  expect(said()).toEqual([escaped, ''])
  tell(invocation, [hostile])
  telling(invocation)(hostile)
  expect(said()).toEqual(['', escaped.repeat(2)])
})

test('what is asked steers none either', async () => {
  const me = person([[/\?/, 'y']])
  expect(await ask(me.invocation, `First\nRemove ${hostile.replace('\n', '')}?`)).toBe(true)
  expect(me.heard()).toContain(`First\nRemove ${escaped.replace('\\n', '').trimEnd()}? [y/N] `)
})

test('what is rendered keeps its colour, and what is told is left out where it is to be quiet', () => {
  const { invocation, said } = call(true)
  printRendered(invocation, ['\u001b[1mstrong\u001b[22m'])
  tell(invocation, ['something'])
  expect(said()).toEqual(['\u001b[1mstrong\u001b[22m\n', ''])
})
