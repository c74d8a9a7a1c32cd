// What was approved, and what a plan says of grants beside those that are new.

import { expect, test } from 'vitest'
import type { ApprovedSandbox } from '../../src/model/approval.js'
import type { PlannedGrant } from '../../src/model/plan.js'
import { grantsJson, grantsRevokedJson } from '../../src/ui/grants-json.js'
import { grantsRevokedText, grantsText } from '../../src/ui/grants-text.js'
import { renderLines } from '../../src/ui/line.js'
import { grantLines } from '../../src/ui/plan-text/grants.js'
import { planJson } from '../../src/ui/plan-json.js'
import { planText } from '../../src/ui/plan-text.js'
import { plainStyle } from '../../src/ui/style.js'
import { expectValid } from '../e2e/support/documents.js'
import { context, situations } from './situations.js'

const now = new Date('2026-11-20T12:00:00Z')
const dayAgo = '2026-11-19T12:00:00.000Z'
const web: ApprovedSandbox = {
  id: 'web-3f2a1c',
  name: 'web',
  workspace: '/home/me/src/web',
  folder: 'there',
  grants: [
    { key: 'mount:/data', value: 'ro:/home/me/datasets', approvedAt: dayAgo, isInUse: true, by: 'user' },
    {
      key: 'mount:/models',
      value: `rw:/home/me/${'deep/'.repeat(20)}models`,
      approvedAt: dayAgo,
      isInUse: false,
      by: 'user',
    },
    { key: 'socket', value: 'host', approvedAt: null, isInUse: true, by: null },
    { key: 'env:A', value: 'A', approvedAt: dayAgo, isInUse: true, by: 'policy' },
  ],
}
const old: ApprovedSandbox = {
  ...{ id: 'api-aa0000', name: 'api', workspace: '/src/api', folder: 'gone' },
  grants: [{ key: 'login', value: 'host:claude', approvedAt: null, isInUse: true, by: 'record' }],
}
const none: ApprovedSandbox = { ...old, id: 'none-aa0000', name: 'none', grants: [] }

test('the name of a grant is whole where what it is for is cut, as `grants revoke` takes it', () => {
  const screen = { style: { ...plainStyle, isTerminal: true }, home: '/home/me', now }
  const key = 'files:/home/agent/.claude/skills'
  const grants = web.grants.map((grant) => ({ ...grant, key, value: '/somewhere/else/that/is/long/skills' }))
  for (const line of grantsText([{ ...web, grants }], screen).slice(2)) expect(line).toContain(`${key}  `)
})

test('what was approved is told within the screen, of those that have any', async () => {
  const screen = { style: { ...plainStyle, isTerminal: true }, home: '/home/me', now }
  const lines = grantsText([old, none, web], screen)
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/grants.txt')
  expect(grantsText([none], screen)).toEqual(['Nothing was approved. Every sandbox has its workspace alone.'])
})

test('what was revoked is told, and what of it the sandbox still has', () => {
  const [first, second] = web.grants
  if (first === undefined || second === undefined) throw new Error('two grants')
  expect(grantsRevokedText(web, [first, second]).join('\n')).toMatch(
    /^Revoked of web: mount:\/data, mount:\/models\.\nIt has mount:\/data until the next apply/,
  )
  expect(grantsRevokedText(web, [second])).toHaveLength(1)
  expect(grantsRevokedText(web, [])).toEqual(['Nothing was approved.'])
})

test('names that somebody else chose steer no terminal', () => {
  const name = 'a\u001b[2J\nweb'
  const [grant] = web.grants
  const hostile = { ...web, name, grants: grant === undefined ? [] : [{ ...grant, key: name, value: name }] }
  const screen = { style: plainStyle, home: '/home/me', now }
  for (const line of [...grantsText([hostile], screen), ...grantsRevokedText(hostile, hostile.grants)]) {
    expect(line).not.toMatch(/[\u0000-\u001f]/)
  }
})

test('as JSON both are what their schemas say', () => {
  expectValid('grants', grantsJson([web, old, none]))
  expectValid('grants-revoke', grantsRevokedJson(web, web.grants))
})

const revoked: PlannedGrant = {
  key: 'socket',
  value: 'host',
  summary: 'engine socket (root on this machine)',
  widens: true,
}
const allowed: PlannedGrant = { key: 'env:A', value: 'A', summary: 'host variable A', widens: false, by: 'policy' }

function textOf(...of: Parameters<typeof grantLines>): string[] {
  return renderLines(grantLines(...of), of[1].style)
}

test('a plan without changes tells what is not approved any more', () => {
  const [same] = situations['no-change'] ?? []
  if (same === undefined) throw new Error('a situation')
  const planned = { ...same, plan: { ...same.plan, grants: [revoked, allowed] } }
  expect(planText([planned], context).join('\n')).toContain(
    'No changes.\n\n    ! has what is not approved any more:\n        socket\n            engine socket (root on this machine)',
  )
  const document = planJson([planned], { ...context, sbxVersion: '1' })
  expectValid('plan', document)
  expect(document).toMatchObject({
    summary: { access_widened: true },
    sandboxes: [{ grants: [{ key: 'socket' }, { key: 'env:A', by: 'policy' }] }],
  })
})

test('what the policy allowed is told where something changes, and is not marked', () => {
  const lines = textOf({ action: 'update', grants: [allowed] }, context)
  expect(lines).toEqual(['      allowed by your policy:', '        env:A', '            host variable A'])
  expect(textOf({ action: 'reuse', grants: [allowed] }, context)).toEqual([])
})
