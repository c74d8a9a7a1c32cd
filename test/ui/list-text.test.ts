import { expect, test } from 'vitest'
import type { ListedContainer } from '../../src/model/live.js'
import { listText } from '../../src/ui/list-text.js'
import { pruneText } from '../../src/ui/prune-text.js'
import { plainStyle } from '../../src/ui/style.js'
import { context, liveContainer, sandbox, situations } from './situations.js'

const sandboxes: readonly ListedContainer[] = [
  liveContainer,
  {
    ...liveContainer,
    state: 'exited',
    createdAt: liveContainer.createdAt - 12 * 86_400,
    sandbox: {
      ...sandbox,
      displayName: 'payments-service',
      workspace: '/home/me/src/some/deep/folder/of/a/monorepo/payments-service',
      profile: 'review',
    },
    spec: { ...liveContainer.spec, template: { kind: 'image', reference: 'ghcr.io/acme/agent:3' } },
  },
]

test('a list lines up within the screen', async () => {
  const lines = listText(sandboxes, { ...context, style: { ...plainStyle, isTerminal: true } })
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/list.txt')
})

test('beyond a terminal nothing of a list is cut', () => {
  expect(listText(sandboxes, context).join('\n')).toContain('~/src/some/deep/folder/of/a/monorepo/payments-service')
})

test('an empty list says how to make a sandbox', () => {
  expect(listText([], context).join('\n')).toContain('sbx run claude')
})

test('what a prune removes is named object by object', () => {
  const plans = (situations['remove'] ?? []).map(({ plan }) => plan)
  expect(pruneText(plans)).toEqual([
    '  web  not needed',
    '      - container   sbx-web-3f2a1c-agent-9b1c04aa (running)',
    '      - record      sbx-web-3f2a1c-record-00000000',
    '      - volume      sbx-web-3f2a1c-home',
    '      - image       localhost/sbx-web-3f2a1c:5d41402a',
  ])
})
