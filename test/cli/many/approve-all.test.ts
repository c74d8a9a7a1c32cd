// One answer for many sandboxes is for what was shown of each, and one key for one thing.

import { expect, test } from 'vitest'
import { approveAll, type Approved } from '../../../src/cli/many/approve-all.js'
import type { Planned } from '../../../src/cli/planning/planning.js'
import { type Person, person, planOf } from '../../support/approving.js'
import { appliedWorld, file } from '../../support/examples.js'

const jq = ['/var/lib/dpkg/info/jq.list', '/opt/tool']
const question = /Recreate web-1, web-2\? .*\[y\] yes {3}\[k\] yes, and keep those files {3}\[N\] no: $/s
const withoutKeep = /Recreate web-1, web-2\? .*\[y\] yes {3}\[N\] no: $/s

/** Of the same example, as of two. */
function called(id: string, planned: Planned): Planned {
  return { ...planned, plan: { ...planned.plan, id, name: id } }
}

async function workedIn(id: string, changedPaths: readonly string[], keep = false): Promise<Planned> {
  const { world, container } = await appliedWorld()
  container.changedPaths = changedPaths
  const other = file({ container: { template: { kind: 'image', reference: 'acme/agent:2' } } })
  return called(id, await planOf(world, other, keep))
}

async function withMount(id: string, value: string, widens = true): Promise<Planned> {
  const { world } = await appliedWorld()
  const planned = await planOf(world, file())
  const grant = { key: 'mount:/data', value, summary: `host folder ${value}`, widens }
  return {
    ...called(id, planned),
    plan: { ...planned.plan, id, name: id, grants: [grant] },
    risks: { ...planned.risks, widening: widens ? [grant] : [] },
  }
}

type Given = Partial<Parameters<typeof approveAll>[3]>

function approved(
  { invocation }: Person,
  planned: readonly Planned[],
  given: Given = {},
  same: readonly Planned[] = [],
): Promise<Approved> {
  const request = { command: 'sbx apply --all', mustAsk: true, allow: [], ...given }
  return approveAll(invocation, planned, [...planned, ...same], request)
}

test('what cannot be kept of one is shown and asked about, without that choice', async () => {
  const planned = [await workedIn('web-1', ['/opt/tool']), await workedIn('web-2', jq)]
  const me = person([
    [question, 'k'],
    [withoutKeep, 'y'],
  ])
  const { planned: chosen } = await approved(me, planned)
  expect(chosen.map(({ plan }) => [plan.name, plan.keeps])).toEqual([
    ['web-1', 'copy'],
    ['web-2', 'copy'],
  ])
  expect(me.heard()).toMatch(/ {2}web-2\n.*DISCARDED {2}1 Debian package/s)
  expect(me.heard()).toContain('1 Debian package outside kept paths of web-2 will be lost.')
  const declining = person([
    [question, 'k'],
    [withoutKeep, ''],
  ])
  await expect(approved(declining, planned)).rejects.toMatchObject({ diagnostics: [{ code: 'approval/declined' }] })
})

test('where all of it is kept one answer is enough', async () => {
  const planned = [await workedIn('web-1', ['/opt/tool']), await workedIn('web-2', ['/opt/tool'])]
  const { planned: chosen } = await approved(person([[question, 'k']]), planned)
  expect(chosen.map(({ risks }) => risks.losses)).toEqual([null, null])
})

test('without a terminal what --keep cannot keep needs --discard too', async () => {
  const planned = [await workedIn('web-1', ['/opt/tool'], true), await workedIn('web-2', jq, true)]
  await expect(approved(person(null), planned, { yes: true, keep: true })).rejects.toMatchObject({
    kind: 'approval',
    diagnostics: [{ command: 'sbx apply --all --keep --yes --discard' }],
  })
  expect((await approved(person(null), planned, { yes: true, keep: true, discard: true })).planned).toEqual(planned)
})

test('a key that is something else in another sandbox is allowed with its sandbox alone', async () => {
  const [one, other] = [await withMount('web-1', 'rw:/home/me/.ssh'), await withMount('web-2', 'ro:/srv/data')]
  const refused = (given: Given, planned = [one, other], same: readonly Planned[] = []): Promise<void> =>
    expect(approved(person(null), planned, { yes: true, ...given }, same)).rejects.toMatchObject({
      kind: 'approval',
      diagnostics: [
        {
          detail: expect.stringContaining(
            'mount:/data is not the same everywhere: rw:/home/me/.ssh in web-1; ro:/srv/data in web-2.',
          ),
          command: expect.stringMatching(/^sbx apply --all --yes .*--allow web-1:mount:\/data/),
        },
      ],
    })
  await refused({ allow: ['mount:/data'] })
  await refused({ allow: ['web-2:mount:/data'] })
  // Neither where the other has it already.
  await refused({ allow: ['mount:/data'] }, [one], [await withMount('web-2', 'ro:/srv/data', false)])
  const each = ['web-1:mount:/data', 'web-2:mount:/data']
  expect((await approved(person(null), [one, other], { yes: true, allow: each })).planned).toEqual([one, other])
})

test('a key is allowed with its sandbox alone where another could not be planned', async () => {
  const one = await withMount('web-1', 'rw:/home/me/.ssh')
  const given = { yes: true, isWhole: false }
  await expect(approved(person(null), [one], { ...given, allow: ['mount:/data'] })).rejects.toMatchObject({
    kind: 'approval',
    diagnostics: [
      {
        detail: expect.stringContaining(
          'mount:/data is rw:/home/me/.ssh in web-1. In a sandbox that could not be planned it may be something else, so each is allowed',
        ),
        command: expect.stringMatching(/--allow web-1:mount:\/data$/),
      },
    ],
  })
  // A grant of the one that could not be planned is none of the mistyped.
  const allow = ['web-1:mount:/data', 'web-2:mount:/data', 'secret:TOKEN']
  expect((await approved(person(null), [one], { ...given, allow })).planned).toEqual([one])
})

test('what is kept can also be waited for', async () => {
  const { world, container } = await appliedWorld()
  container.changedPaths = ['/opt/tool']
  container.sessions = 1
  const other = file({ container: { template: { kind: 'image', reference: 'acme/agent:2' } } })
  const planned = [called('web-1', await planOf(world, other)), await workedIn('web-2', ['/opt/tool'])]
  const me = person([
    [question, 'k'],
    [/\[y\] yes {3}\[w\] wait until then {3}\[N\] no: $/s, 'w'],
  ])
  const { planned: chosen, waits } = await approved(me, planned)
  expect(waits).toBe(true)
  expect(chosen.map(({ plan }) => [plan.name, plan.keeps])).toEqual([
    ['web-1', 'copy'],
    ['web-2', 'copy'],
  ])
  const declining = person([
    [question, 'k'],
    [/wait until then/, ''],
  ])
  await expect(approved(declining, planned)).rejects.toMatchObject({ diagnostics: [{ code: 'approval/declined' }] })
})

test('a key that is the same in all of them is said once', async () => {
  const planned = [await withMount('web-1', 'ro:/srv/data'), await withMount('web-2', 'ro:/srv/data')]
  await expect(approved(person(null), planned, { yes: true })).rejects.toMatchObject({
    diagnostics: [{ command: 'sbx apply --all --yes --allow mount:/data' }],
  })
  expect((await approved(person(null), planned, { yes: true, allow: ['mount:/data'] })).planned).toEqual(planned)
})

test('a sandbox that is not there has no grants', async () => {
  const planned = [await withMount('web-1', 'ro:/srv/data')]
  await expect(approved(person(null), planned, { yes: true, allow: ['web-9:mount:/data'] })).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ code: 'approval/unknown-grant' }],
  })
})
