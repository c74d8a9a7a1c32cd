import { expect, test } from 'vitest'
import type { FieldChange } from '../../src/model/plan.js'
import { pointer } from '../../src/model/json.js'
import { renderLines } from '../../src/ui/line.js'
import { changeLines } from '../../src/ui/plan-text/changes.js'
import { plainStyle } from '../../src/ui/style.js'

function textOf(...hosts: readonly string[]): readonly string[] {
  const changes = hosts.map((host): FieldChange => {
    const path = pointer('network', 'allow', host)
    return { path, op: 'add', effect: 'live', origin: 'config', after: { value: true } }
  })
  return renderLines(changeLines(changes, true, { style: plainStyle, home: '/home/me' }), plainStyle)
}

test('a host of a list is read whole, also beside a short one and where it takes the line', () => {
  const long = `${'a-long-part.'.repeat(3)}evil.example:443`
  expect(textOf('169.254.169.254.nip.io:443', 'a.io:443')).toEqual([
    '      + network.allow["169.254.169.254.nip.io:443"]  true   now',
    '      + network.allow["a.io:443"]          true   now',
  ])
  expect(textOf(long)).toEqual([`      + network.allow["${long}"]`, '          true   now'])
})
